// Mouse, pen and fingers on one slot, told as: point, leave, tap, grab - drag - drop, pinch, wheel.

const TAP = 4; // px that a pointer may tremble during a tap

function listen(slot, on) {
  const pointers = new Map();
  let start = null;
  let moved = false;

  const span = () => {
    const [a, b] = [...pointers.values()];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, distance: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
  };

  slot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    start = { x: event.clientX, y: event.clientY };
    if (pointers.size > 1) on.drop(null); // a second finger: no drag any more
    moved = pointers.size > 1;
    slot.setPointerCapture(event.pointerId); // a quick hand is beyond the border at its first move
  });

  slot.addEventListener("pointermove", (event) => {
    const now = { x: event.clientX, y: event.clientY };
    const last = pointers.get(event.pointerId);
    if (last) {
      const before = pointers.size === 2 ? span() : null;
      pointers.set(event.pointerId, now);
      if (before) {
        const after = span();
        on.pinch(after.distance / before.distance, after, after.x - before.x, after.y - before.y);
      } else if (pointers.size === 1) {
        if (!moved && Math.hypot(now.x - start.x, now.y - start.y) > TAP) {
          moved = true;
          on.grab(start, event.shiftKey);
        }
        if (moved) on.drag(now.x - last.x, now.y - last.y, now);
      }
    }
    on.point(now);
  });

  const release = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    const at = { x: event.clientX, y: event.clientY };
    if (event.type !== "pointerup") on.drop(null);
    else if (!pointers.size && moved) on.drop(at);
    else if (!pointers.size) on.tap(at);
  };
  slot.addEventListener("pointerup", release);
  slot.addEventListener("pointercancel", release);
  slot.addEventListener("pointerleave", (event) => {
    pointers.delete(event.pointerId);
    on.leave();
  });
  slot.addEventListener("dblclick", () => on.reset());
  slot.addEventListener("wheel", (event) => on.wheel(event), { passive: false });
  // One finger scrolls the page, two zoom the picture instead of the page.
  const two = (event) => event.touches.length > 1 && event.preventDefault();
  slot.addEventListener("touchstart", two, { passive: false });
  slot.addEventListener("touchmove", two, { passive: false });
}
