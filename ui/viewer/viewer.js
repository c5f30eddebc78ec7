// The component: a row of figures that share one view and one cursor. Nothing here asks the server, except a picked pixel or box.

const GAP = 16;
const STEP = 1.5; // of a zoom button or key
const PIXEL = 64; // px: a pixel is never enlarged further
const KEYS =
  "Keys: plus and minus zoom, 0 shows the whole picture, arrows move the enlarged part or go to the next picture, " +
  "Shift with arrows moves the crosshair.";
const PICK = " Enter picks the pixel under the crosshair.";
const KEYS_OF_BOXES =
  "Keys: plus and minus zoom, 0 shows the whole picture, arrows move the crosshair, Shift with arrows draws a box from there, " +
  "Enter picks the box or the pixel, Escape gives the box up, B switches between dragging the picture and drawing a box.";
const DIVIDER = " The divider between the two pictures moves with the left and right arrows, faster with Shift, Home and End.";

// What is shown belongs to the group, not to the elements: it survives when Streamlit builds a page anew.
const groups = new Map();

function groupNamed(name) {
  if (!groups.has(name)) groups.set(name, { view: WHOLE, cursor: null, divider: 0.5, members: new Set() });
  return groups.get(name);
}

async function decoded(src) {
  const image = new Image();
  image.decoding = "sync";
  image.draggable = false;
  image.src = src;
  await image.decode().catch(() => {}); // a broken picture shows its alt text
  return image;
}

class Viewer {
  constructor(root) {
    this.root = root;
    this.figures = [];
    this.over = null; // the figure that lies over the first one
    this.draft = null; // a box that is being drawn: figure, from and to as pixels; sent: the server was told
    this.boxing = false; // dragging draws a box
    this.active = 0;
    this.turn = 0;
    this.build();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(root);
  }

  build() {
    this.status = element("span", "status");
    this.level = element("output", "level");
    const button = (text, title, act) => {
      const made = element("button", "button", text);
      made.type = "button";
      made.title = title;
      made.addEventListener("click", () => made.getAttribute("aria-disabled") === "true" || act());
      return made;
    };
    this.buttons = {
      in: button("Zoom in", "Zoom in (+, or Ctrl and wheel)", () => this.zoom(STEP)),
      out: button("Zoom out", "Zoom out (-)", () => this.zoom(1 / STEP)),
      reset: button("Reset", "Show the whole picture (0, or double click)", () => this.look(WHOLE)),
      box: button("Draw a box", "Dragging draws a box (B; or hold Shift while dragging)", () => this.toggle()),
    };
    this.tools = element("div", "tools");
    this.tools.setAttribute("role", "toolbar");
    this.tools.setAttribute("aria-label", "Zoom of all pictures");
    this.tools.append(this.level, ...Object.values(this.buttons));
    this.head = element("div", "toolbar");
    this.head.append(this.status, this.tools);
    this.grid = element("div", "grid");
    this.legend = element("div", "legend");
    this.keys = element("p", "hidden", KEYS);
    this.keys.id = "keys";
    this.root.replaceChildren(this.head, this.grid, this.legend, this.keys);
  }

  async update(data, send) {
    this.send = send;
    const turn = ++this.turn;
    if (!this.data) this.commit(data, []); // slots and texts first: the page does not jump when the pictures come
    const reuse = (picture, index) => {
      const figure = data.divided && index === 1 ? this.over : this.figures[index];
      return figure?.image && figure.picture.src === picture.src ? figure.image : decoded(picture.src);
    };
    const images = await Promise.all(data.pictures.map(reuse));
    if (turn === this.turn) this.commit(data, images);
  }

  commit(data, images) {
    this.data = data;
    this.join(groupNamed(data.group));
    const count = data.divided ? 1 : data.pictures.length;
    while (this.figures.length > count) this.figures.pop().root.remove();
    while (this.figures.length < count) this.grid.append(this.figures[this.figures.push(new Figure(this)) - 1].root);
    this.active = Math.min(this.active, count - 1);
    this.over = data.divided ? (this.over ?? new Figure(this)) : null;
    const figures = data.divided ? [this.figures[0], this.over] : this.figures;
    data.pictures.forEach((picture, index) => {
      figures[index].describe(picture);
      figures[index].show(images[index]);
    });
    if (this.over) this.figures[0].cover(this.over);
    else this.figures[0].uncover();
    if (this.draft?.sent) this.draft = null;
    this.root.classList.toggle("clickable", data.clickable);
    this.buttons.box.hidden = !data.boxes;
    this.root.classList.toggle("captioned", data.pictures.some((picture) => picture.caption));
    this.head.hidden = !data.toolbar;
    this.keys.textContent = (data.boxes ? KEYS_OF_BOXES : KEYS + (data.clickable ? PICK : "")) + (data.divided ? DIVIDER : "");
    this.legend.replaceChildren(...(data.bar ? [colourBar(data.bar)] : []));
    this.width = null;
    this.resize();
  }

  join(group) {
    if (this.group === group) return;
    this.leave();
    this.group = group;
    group.members.add(this);
  }

  leave() {
    this.group?.members.delete(this);
  }

  resize() {
    const width = this.grid.clientWidth; // without the padding
    if (!this.data?.pictures.length || !width || width === this.width) return;
    this.width = width;
    this.ratio = window.devicePixelRatio || 1;
    const shown = this.figures.map(({ picture }) => picture);
    const { across, slot, drawn } = layout(width, shown, { ...this.data, gap: GAP }, this.ratio);
    this.grid.style.gridTemplateColumns = `repeat(${across}, ${slot.width}px)`;
    this.legend.style.maxWidth = `${across * slot.width + (across - 1) * GAP}px`;
    this.head.style.maxWidth = this.legend.style.maxWidth;
    this.figures.forEach((figure, index) => figure.arrange(drawn[index], slot));
    this.draw();
  }

  draw() {
    if (!this.width) return;
    const { view, cursor } = this.group;
    const draft = this.draft && drawnBox(this.draft);
    this.figures.forEach((figure, index) => {
      figure.draw(view, cursor, this.data.mark, draft, this.ratio);
      figure.slot.tabIndex = index === this.active || this.data.boxes ? 0 : -1;
    });
    this.root.classList.toggle("zoomed", view.zoom > 1);
    this.root.classList.toggle("boxing", this.boxing);
    this.buttons.box.setAttribute("aria-pressed", String(this.boxing));
    this.level.textContent = view.zoom > 1 ? `${view.zoom.toFixed(1)}\u00d7` : "";
    for (const name of ["out", "reset"]) this.buttons[name].setAttribute("aria-disabled", String(view.zoom <= 1));
    this.buttons.in.setAttribute("aria-disabled", String(view.zoom >= this.most()));
    if (!this.hint) this.say();
  }

  say() {
    const figure = this.figures[this.active];
    const { width, height } = figure.picture;
    if (this.draft) {
      const box = pixelBox(this.draft);
      this.status.textContent = `Box ${box.height} \u00d7 ${box.width} at row ${box.top}, column ${box.left}`;
      return;
    }
    const at = this.group.cursor && figure.pixel(this.group.cursor);
    this.status.textContent = at ? `Row ${at.row}, column ${at.column}` : `${height} \u00d7 ${width} pixels`;
  }

  // The pointer scrolls the page past a picture, so say how to zoom instead.
  advise() {
    clearTimeout(this.hint);
    const mac = /Mac|iPhone|iPad/.test(navigator.platform);
    this.status.textContent = `${mac ? "\u2318" : "Ctrl"} + wheel zooms`;
    this.hint = setTimeout(() => {
      this.hint = null;
      this.draw();
    }, 1500);
  }

  most() {
    return Math.max(...this.figures.map(({ picture, drawn }) => Math.max(1, (PIXEL * picture.width) / drawn.width)));
  }

  look(view) {
    const figure = this.figures[this.active];
    this.group.view = restrict(view, figure.drawn, figure.box, this.most());
    this.redraw();
  }

  point(cursor) {
    this.group.cursor = cursor;
    this.redraw();
  }

  redraw() {
    for (const member of this.group.members) member.draw();
  }

  zoom(factor, about) {
    const { view } = this.group;
    const zoom = clamp(view.zoom * factor, 1, this.most());
    const at = about ?? this.figures[this.active].view;
    this.look(zoomAbout(view, zoom < 1.02 ? 1 : zoom, at.x, at.y));
  }

  pan(figure, dx, dy) {
    const { view } = this.group;
    if (view.zoom > 1) this.look({ ...view, x: view.x - dx / figure.rect.width, y: view.y - dy / figure.rect.height });
  }

  pick(figure, at) {
    if (!this.data.clickable || !at) return;
    this.send("click", { picture: this.indexOf(figure, at), ...figure.pixel(at) });
  }

  indexOf(figure, at) {
    return figure.after ? figure.side(at) : this.figures.indexOf(figure);
  }

  // Switch between dragging the picture and drawing a box.
  toggle() {
    this.boxing = !this.boxing && this.data.boxes;
    this.draw();
  }

  // The box that was drawn goes to the server; one of a single pixel is a picked pixel.
  pickBox() {
    const { figure } = this.draft;
    const box = pixelBox(this.draft);
    const { x, y, width, height } = drawnBox(this.draft);
    const middle = { x: x + width / 2, y: y + height / 2 };
    if (box.width * box.height === 1) {
      this.draft = null;
      this.pick(figure, middle);
    } else {
      this.draft.sent = true;
      this.send("box", { picture: this.indexOf(figure, middle), ...box });
    }
    this.draw();
  }

  dropDraft() {
    if (!this.draft || this.draft.sent) return;
    this.draft = null;
    this.draw();
  }

  attach(figure) {
    const activate = () => (this.active = this.figures.indexOf(figure));
    listen(figure.slot, {
      point: (client) => {
        activate();
        this.point(figure.locate(client));
      },
      leave: () => this.point(null),
      tap: (client) => {
        const last = this.tapped;
        this.tapped = { ...client, at: performance.now() };
        const again = last && this.tapped.at - last.at < 350 && Math.hypot(client.x - last.x, client.y - last.y) < 10;
        if (!again) this.pick(figure, figure.locate(client)); // the second tap of a double click resets the zoom
      },
      grab: (start, shift) => {
        if (!this.data.boxes || !(this.boxing || shift)) return;
        const from = figure.pixel(figure.position(start));
        this.draft = { figure, from, to: from };
      },
      drag: (dx, dy, now) => {
        if (!this.draft || this.draft.sent) this.pan(figure, dx, dy);
        else this.draft.to = figure.pixel(figure.position(now));
      },
      drop: (at) => {
        if (!at) this.dropDraft();
        else if (this.draft && !this.draft.sent) {
          this.draft.to = figure.pixel(figure.position(at));
          this.pickBox();
        }
      },
      pinch: (factor, centre, dx, dy) => {
        activate();
        this.zoom(factor, figure.locate(centre) ?? undefined);
        this.pan(figure, dx, dy);
      },
      reset: () => this.look(WHOLE),
      wheel: (event) => this.wheel(event, figure),
    });
    figure.slot.addEventListener("focus", () => {
      activate();
      this.draw();
    });
    figure.slot.addEventListener("blur", () => {
      this.point(null);
      this.dropDraft();
    });
    figure.slot.addEventListener("keydown", (event) => this.key(event, figure));
  }

  // The wheel belongs to the page. It zooms with Ctrl (a pinch on a touchpad is the same event) and, while the picture is
  // focused and already enlarged, without; at the whole picture the page scrolls on.
  wheel(event, figure) {
    const asked = event.ctrlKey || event.metaKey;
    const focused = this.figures.some(({ slot }) => slot.matches(":focus")) && this.group.view.zoom > 1;
    if (!asked && !focused) {
      if (Math.abs(event.deltaY) > Math.abs(event.deltaX)) this.advise();
      return;
    }
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.zoom(Math.exp(-0.008 * clamp(event.deltaY * lines, -50, 50)), figure.locate({ x: event.clientX, y: event.clientY }) ?? undefined);
    this.point(figure.locate({ x: event.clientX, y: event.clientY }));
  }

  key(event, figure) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const zoomed = this.group.view.zoom > 1;
    if (event.key === "+" || event.key === "=") this.zoom(STEP, this.group.cursor ?? undefined);
    else if (event.key === "-" || event.key === "_") this.zoom(1 / STEP, this.group.cursor ?? undefined);
    else if (event.key === "Escape" && this.draft) this.dropDraft();
    else if (event.key === "0" || (event.key === "Escape" && zoomed)) this.look(WHOLE);
    else if (event.key === "Enter" && this.draft) this.pickBox();
    else if (event.key === "Enter" && this.data.clickable) this.pick(figure, this.group.cursor);
    else if (event.key.toLowerCase() === "b" && this.data.boxes) this.toggle();
    else if (arrow && this.data.boxes) this.step(figure, ...arrow, event.shiftKey);
    else if (arrow && event.shiftKey) this.step(figure, ...arrow);
    else if (arrow && zoomed) this.pan(figure, -arrow[0] * figure.box.width * 0.1, -arrow[1] * figure.box.height * 0.1);
    else if (arrow && arrow[0]) this.figures[clamp(this.figures.indexOf(figure) + arrow[0], 0, this.figures.length - 1)].slot.focus();
    else return;
    event.preventDefault();
  }

  // Move the crosshair by a pixel; grow: the box that began where the crosshair was grows with it.
  step(figure, dx, dy, grow = false) {
    const { width, height } = figure.picture;
    const { row, column } = figure.pixel(this.group.cursor ?? this.start() ?? figure.view);
    const moved = { x: (clamp(column + dx, 0, width - 1) + 0.5) / width, y: (clamp(row + dy, 0, height - 1) + 0.5) / height };
    if (!grow) this.draft = null;
    else if (!this.draft || this.draft.sent || this.draft.figure !== figure) this.draft = { figure, from: { row, column } };
    if (grow) this.draft.to = figure.pixel(moved);
    const half = { x: figure.box.width / (2 * figure.rect.width), y: figure.box.height / (2 * figure.rect.height) };
    const { view } = figure;
    const follow = (axis) => clamp(view[axis], moved[axis] - half[axis] * 0.9, moved[axis] + half[axis] * 0.9);
    this.group.cursor = moved;
    this.look({ ...this.group.view, x: follow("x"), y: follow("y") });
  }

  // Where the keyboard begins: at the pixel or in the middle of the box that is chosen.
  start() {
    const { mark, boxes } = this.data;
    return boxes && mark ? { x: mark.x + (mark.width ?? 0) / 2, y: mark.y + (mark.height ?? 0) / 2 } : null;
  }

  destroy() {
    this.turn = -1;
    clearTimeout(this.hint);
    this.observer.disconnect();
    this.leave();
  }
}

// The pixels of a box that is being drawn, both corners included.
function pixelBox({ from, to }) {
  const top = Math.min(from.row, to.row);
  const left = Math.min(from.column, to.column);
  return { top, left, height: Math.abs(to.row - from.row) + 1, width: Math.abs(to.column - from.column) + 1 };
}

// The same in 0 to 1.
function drawnBox(draft) {
  const { width, height } = draft.figure.picture;
  const box = pixelBox(draft);
  return { x: box.left / width, y: box.top / height, width: box.width / width, height: box.height / height };
}

const viewers = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".viewer");
  let viewer = viewers.get(parentElement);
  if (viewer?.root !== root) {
    viewer?.destroy();
    viewer = new Viewer(root);
    viewers.set(parentElement, viewer);
  }
  viewer.update(JSON.parse(new TextDecoder().decode(data)), setTriggerValue);
  return () => {
    viewer.destroy();
    viewers.delete(parentElement);
  };
}
