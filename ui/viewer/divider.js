// The line between two pictures that lie over each other: it drags, and moves by keyboard. Its place belongs to the group.

class Divider {
  constructor(figure) {
    this.figure = figure;
    this.line = element("div", "divider");
    this.line.tabIndex = 0;
    this.line.setAttribute("role", "slider");
    this.line.setAttribute("aria-orientation", "horizontal");
    this.line.setAttribute("aria-valuemin", "0");
    this.line.setAttribute("aria-valuemax", "100");
    figure.slot.append(this.line);
    const held = (event) => this.line.hasPointerCapture(event.pointerId);
    this.line.addEventListener("pointerdown", (event) => {
      event.stopPropagation(); // the picture below neither zooms nor picks
      this.line.setPointerCapture(event.pointerId);
    });
    this.line.addEventListener("pointermove", (event) => {
      if (!held(event)) return;
      const slot = figure.slot.getBoundingClientRect();
      this.move((event.clientX - slot.left) / slot.width);
    });
    this.line.addEventListener("dblclick", (event) => event.stopPropagation());
    this.line.addEventListener("keydown", (event) => this.key(event));
  }

  get at() {
    return this.figure.group().divider;
  }

  move(at) {
    this.figure.group().divider = clamp(at, 0, 1);
    this.figure.redraw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 0.1 : 0.01;
    const to = { ArrowLeft: this.at - step, ArrowRight: this.at + step, Home: 0, End: 1 }[event.key];
    if (to === undefined) return;
    this.move(to);
    event.preventDefault();
    event.stopPropagation();
  }

  draw() {
    const { box, rect, after, picture } = this.figure;
    const x = this.at * box.width;
    this.line.style.left = `${x}px`;
    const percent = Math.round(100 * this.at);
    this.line.setAttribute("aria-valuenow", String(percent));
    this.line.setAttribute("aria-valuetext", `${percent} % ${picture.title}, ${100 - percent} % ${after.picture.title}`);
    this.line.setAttribute("aria-label", `Divider between ${picture.title} and ${after.picture.title}`);
    // What lies left of the line is cut off the upper picture; its transform moves the cut along, hence in its own pixels.
    if (after.image) after.image.style.clipPath = `inset(0 0 0 ${clamp(x - rect.left, 0, rect.width)}px)`;
  }
}
