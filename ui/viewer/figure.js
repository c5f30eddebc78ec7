// One picture: title, slot with image and crosshair, caption, colour bar.

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
    this.marks = Object.fromEntries(["across", "down", "cell", "mark"].map((name) => [name, element("div", `cross ${name}`)]));
    for (const mark of Object.values(this.marks)) mark.hidden = true;
    this.slot.append(...Object.values(this.marks));
    this.caption = element("figcaption", "caption");
    this.legend = element("div", "legend");
    this.root.append(this.head, this.slot, this.caption, this.legend);
    this.image = null;
    viewer.attach(this);
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

  arrange(drawn, slot) {
    this.drawn = drawn;
    this.box = slot;
    this.slot.style.width = `${slot.width}px`;
    this.slot.style.height = `${slot.height}px`;
    this.value.style.maxWidth = `${slot.width}px`;
  }

  draw(view, cursor, mark, ratio) {
    this.view = restrict(view, this.drawn, this.box, Infinity);
    this.rect = place(this.view, this.drawn, this.box, ratio);
    const { left, top, width, height } = this.rect;
    if (this.image) {
      Object.assign(this.image.style, { width: `${width}px`, height: `${height}px`, transform: `translate(${left}px, ${top}px)` });
      // Enlarged pixels have sharp edges; a picture that is shrunk or nearly at its size looks better interpolated.
      const scale = (width / this.picture.width) * ratio;
      this.image.style.imageRendering = scale >= 3 || Number.isInteger(scale) ? "pixelated" : "auto";
    }
    this.outline(cursor, this.marks.cell);
    this.outline(mark, this.marks.mark);
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
    this.value.textContent = cursor ? this.read(cursor) : "";
  }

  outline(point, box) {
    box.hidden = !point;
    if (!point) return;
    const { left, top, width, height } = this.rect;
    const { row, column } = this.pixel(point);
    const wide = width / this.picture.width;
    const tall = height / this.picture.height;
    const size = { width: Math.max(wide, 7), height: Math.max(tall, 7) };
    Object.assign(box.style, {
      left: `${left + (column + 0.5) * wide - size.width / 2}px`,
      top: `${top + (row + 0.5) * tall - size.height / 2}px`,
      width: `${size.width}px`,
      height: `${size.height}px`,
    });
  }

  // Where a place on the screen lies in the picture, 0 to 1; null beside it.
  locate(client) {
    const box = this.slot.getBoundingClientRect();
    const x = (client.x - box.left - this.rect.left) / this.rect.width;
    const y = (client.y - box.top - this.rect.top) / this.rect.height;
    return x >= 0 && x < 1 && y >= 0 && y < 1 ? { x, y } : null;
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
