// One picture, or two that lie over each other with a divider: title, slot with image and crosshair, caption, colour bar.

class Figure {
  constructor(viewer) {
    this.root = element("figure", "figure");
    this.title = element("span", "title");
    this.value = element("span", "value");
    this.head = element("div", "head");
    this.head.append(this.title, this.value);
    this.slot = element("div", "slot");
    this.slot.setAttribute("role", "group");
    this.slot.setAttribute("aria-describedby", "keys");
    this.marks = Object.fromEntries(["across", "down", "cell", "mark", "draft"].map((name) => [name, element("div", `cross ${name}`)]));
    for (const mark of Object.values(this.marks)) mark.hidden = true;
    this.slot.append(...Object.values(this.marks));
    this.caption = element("figcaption", "caption");
    this.legend = element("div", "legend");
    this.root.append(this.head, this.slot, this.caption, this.legend);
    this.image = null;
    this.after = null; // the figure of the picture that lies over this one, right of the divider
    this.group = () => viewer.group;
    this.redraw = () => viewer.redraw();
    viewer.attach(this);
  }

  // The pictures on the left and on the right of the divider.
  get sides() {
    return [this, this.after].filter(Boolean);
  }

  describe(picture) {
    this.picture = picture;
    this.levels = null; // read when the cursor first asks
    this.title.textContent = picture.title;
    this.slot.setAttribute("aria-label", picture.title);
    this.caption.textContent = picture.caption;
    this.legend.replaceChildren(...(picture.bar ? [colourBar(picture.bar)] : []));
  }

  // The new image is decoded before it takes the place of the old one: nothing flickers.
  show(image) {
    if (image && image !== this.image) {
      if (this.image) this.image.replaceWith(image);
      else this.slot.prepend(image);
      this.image = image;
    }
    if (this.image) this.image.alt = this.picture.alt;
  }

  // Lay another picture of the same size over this one. The first stays in the flow of the page: it holds title and caption.
  cover(after) {
    this.after = after;
    this.divider ??= new Divider(this);
    if (this.image && after.image && this.image.nextSibling !== after.image) this.image.after(after.image);
    const words = (name) => [this.picture[name], after.picture[name]].filter(Boolean).join("  |  ");
    this.title.textContent = words("title");
    this.caption.textContent = words("caption");
    this.slot.setAttribute("aria-label", `${this.picture.title} on the left of the divider, ${after.picture.title} on the right`);
  }

  uncover() {
    this.after?.image?.remove();
    this.divider?.line.remove();
    this.after = this.divider = null;
  }

  arrange(drawn, slot) {
    this.drawn = drawn;
    this.box = slot;
    this.slot.style.width = `${slot.width}px`;
    this.slot.style.height = `${slot.height}px`;
    this.value.style.maxWidth = `${slot.width}px`;
  }

  draw(view, cursor, mark, draft, ratio) {
    this.view = restrict(view, this.drawn, this.box, Infinity);
    this.rect = place(this.view, this.drawn, this.box, ratio);
    const { left, top, width, height } = this.rect;
    for (const { image, picture } of this.sides) {
      if (!image) continue;
      Object.assign(image.style, { width: `${width}px`, height: `${height}px`, transform: `translate(${left}px, ${top}px)` });
      // Enlarged pixels have sharp edges; a picture that is shrunk or nearly at its size looks better interpolated.
      const scale = (width / picture.width) * ratio;
      image.style.imageRendering = scale >= 3 || Number.isInteger(scale) ? "pixelated" : "auto";
    }
    this.divider?.draw();
    this.outline(cursor, this.marks.cell);
    this.outline(mark, this.marks.mark);
    this.outline(draft, this.marks.draft);
    const { across, down } = this.marks;
    across.hidden = down.hidden = !cursor;
    if (cursor) {
      const { row, column } = this.pixel(cursor);
      const x = left + ((column + 0.5) * width) / this.picture.width;
      const y = top + ((row + 0.5) * height) / this.picture.height;
      // The lines leave out the pixel itself.
      cross(across, "top", y, x, Math.max(width / this.picture.width, 7));
      cross(down, "left", x, y, Math.max(height / this.picture.height, 7));
    }
    this.value.textContent = cursor ? this.sides.map((side) => side.read(cursor)).join(" | ") : "";
  }

  // place: a point, or with width and height a box, 0 to 1; its pixels are outlined, at least 7 px so that they are seen.
  outline(place, box) {
    box.hidden = !place;
    if (!place) return;
    const { left, top, width, height } = this.rect;
    const wide = width / this.picture.width;
    const tall = height / this.picture.height;
    const { row, column, rows = 1, columns = 1 } = place.width ? this.pixels(place) : this.pixel(place);
    const size = { width: Math.max(columns * wide, 7), height: Math.max(rows * tall, 7) };
    Object.assign(box.style, {
      left: `${left + (column + columns / 2) * wide - size.width / 2}px`,
      top: `${top + (row + rows / 2) * tall - size.height / 2}px`,
      width: `${size.width}px`,
      height: `${size.height}px`,
    });
  }

  // The pixels of this picture in a box of 0 to 1.
  pixels({ x, y, width, height }) {
    const row = Math.round(y * this.picture.height);
    const column = Math.round(x * this.picture.width);
    const rows = Math.max(1, Math.round((y + height) * this.picture.height) - row);
    return { row, column, rows, columns: Math.max(1, Math.round((x + width) * this.picture.width) - column) };
  }

  // Where a place on the screen lies in the picture, 0 to 1 within it.
  position(client) {
    const box = this.slot.getBoundingClientRect();
    return {
      x: (client.x - box.left - this.rect.left) / this.rect.width,
      y: (client.y - box.top - this.rect.top) / this.rect.height,
    };
  }

  // As `position`; null beside the picture.
  locate(client) {
    const { x, y } = this.position(client);
    return x >= 0 && x < 1 && y >= 0 && y < 1 ? { x, y } : null;
  }

  // The index of the picture that is seen at a point: of two, the one on that side of the divider.
  side({ x }) {
    return this.after && this.rect.left + x * this.rect.width >= this.divider.at * this.box.width ? 1 : 0;
  }

  pixel({ x, y }) {
    const { width, height } = this.picture;
    return { row: clamp(Math.floor(y * height), 0, height - 1), column: clamp(Math.floor(x * width), 0, width - 1) };
  }

  // The value under the cursor: the map's own number where it was sent, else the drawn grey or colour (8 bits) in 0 to 1.
  read(cursor) {
    const { values, channels, width } = this.picture;
    const { row, column } = this.pixel(cursor);
    const at = row * width + column;
    this.levels ??= values ? unpack(values) : this.drawnLevels();
    if (!this.levels) return "";
    if (values) return (values.low + values.step * this.levels[at]).toFixed(values.digits).replace("-", "\u2212");
    return Array.from(this.levels.slice(4 * at, 4 * at + channels), (level) => (level / 255).toFixed(2)).join(" ");
  }

  drawnLevels() {
    if (!this.image?.complete || !this.image.naturalWidth) return null;
    const canvas = element("canvas");
    canvas.width = this.picture.width;
    canvas.height = this.picture.height;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(this.image, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height).data;
  }
}

function cross(line, side, at, middle, gap) {
  line.style[side] = `${Math.round(at - 1)}px`;
  line.style.setProperty("--from", `${middle - gap / 2}px`);
  line.style.setProperty("--to", `${middle + gap / 2}px`);
}

function unpack({ levels, bytes }) {
  const raw = Uint8Array.from(atob(levels), (letter) => letter.charCodeAt(0));
  if (bytes === 1) return raw;
  return Uint16Array.from({ length: raw.length / 2 }, (_, index) => raw[2 * index] + 256 * raw[2 * index + 1]);
}
