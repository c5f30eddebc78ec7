// A colour bar: the gradient, both ends as numbers with their meaning in words.

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text; // never innerHTML: texts come from users
  return made;
}

function colourBar(bar) {
  const root = element("div", "bar");
  const words = [bar.low_text, bar.low_word, "to", bar.high_text, bar.high_word].filter(Boolean).join(" ");
  const track = element("div", "track");
  track.setAttribute("role", "img");
  track.setAttribute("aria-label", `Colours from ${words}`);
  track.style.backgroundImage = `linear-gradient(to right, ${bar.colours.join(", ")})`;
  root.append(track);
  const end = (side, number, word) => {
    const made = element("div", `end ${side}`);
    made.append(element("span", "number", number), element("span", "word", word));
    return made;
  };
  const signed = bar.low === -bar.high;
  root.classList.toggle("signed", signed);
  root.append(end("low", bar.low_text, bar.low_word));
  if (signed) root.append(element("div", "zero", "0")); // the neutral colour is in the middle
  root.append(end("high", bar.high_text, bar.high_word));
  if (bar.note) root.append(element("div", "note", bar.note));
  return root;
}
