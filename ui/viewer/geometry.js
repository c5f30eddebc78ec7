// Sizes and positions, without the page: how large a picture is drawn, and where it lies at a zoom.

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// Columns, slot and drawn size of each picture for the width that there is.
// Small pictures are drawn with whole screen pixels a pixel, all of them equally large; from a third of the slot's side on that
// would waste too much of the slot, so larger pictures fill it.
function layout(available, pictures, options, ratio) {
  const { columns, smallest, largest, square, gap } = options;
  const room = (count) => Math.floor((available - gap * (count - 1)) / count);
  let fitting = Math.max(1, Math.min(columns || pictures.length, pictures.length));
  while (fitting > 1 && room(fitting) < smallest) fitting -= 1;
  // Even rows: four pictures that do not fit side by side become 2 + 2, not 3 + 1.
  const across = Math.ceil(pictures.length / Math.ceil(pictures.length / fitting));
  const side = Math.max(16, Math.min(largest, room(across)));

  const fit = ({ width, height }) => {
    const scale = side / Math.max(width, height);
    const whole = scale * ratio >= 3 ? Math.floor(scale * ratio) / ratio : scale;
    return { width: width * whole, height: height * whole };
  };
  // Pictures of one shape are drawn equally large, whatever their number of pixels, so that places correspond.
  const finest = pictures.reduce((best, one) => (one.width > best.width ? one : best), pictures[0]);
  const drawn = pictures.map((one) => fit(one.width * finest.height === one.height * finest.width ? finest : one));
  const up = (sizes) => Math.ceil(Math.max(...sizes) - 1e-6); // 300 * (243 / 300) is a little over 243
  const slot = { width: up(drawn.map((one) => one.width)), height: up(drawn.map((one) => one.height)) };
  if (square) slot.width = slot.height = Math.max(slot.width, slot.height);
  return { across, slot, drawn };
}

// A view is { zoom >= 1, x, y }: the point of the picture (0 to 1) in the middle of the slot.
// It knows no pixels, so it fits every picture and survives when other pictures come.
const WHOLE = { zoom: 1, x: 0.5, y: 0.5 };

function restrict(view, drawn, slot, most) {
  const zoom = clamp(view.zoom, 1, most);
  const axis = (centre, size, room) => {
    const half = room / (2 * size * zoom);
    return half >= 0.5 ? 0.5 : clamp(centre, half, 1 - half);
  };
  return { zoom, x: axis(view.x, drawn.width, slot.width), y: axis(view.y, drawn.height, slot.height) };
}

// Zoom so that the point (u, v) of the picture stays where it is.
function zoomAbout(view, zoom, u, v) {
  const keep = view.zoom / zoom;
  return { zoom, x: u + (view.x - u) * keep, y: v + (view.y - v) * keep };
}

// The picture's rectangle in its slot, on whole screen pixels.
function place(view, drawn, slot, ratio) {
  const snap = (value) => Math.round(value * ratio) / ratio;
  const width = drawn.width * view.zoom;
  const height = drawn.height * view.zoom;
  return { left: snap(slot.width / 2 - view.x * width), top: snap(slot.height / 2 - view.y * height), width, height };
}
