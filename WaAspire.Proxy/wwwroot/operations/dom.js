// Builds elements. Every text that came from outside goes through textContent, never through markup.
export const $ = (id) => document.getElementById(id);

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** An element that holds a text. */
export function say(tag, text, attributes = {}) {
  const element = el(tag, attributes);
  element.textContent = text ?? '';
  return element;
}

/** Sets a text only where it differs: whoever reads it aloud, or has marked it, is not disturbed. */
export function write(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

/**
 * One child for each item, in this order. Children live as long as their item does, so that focus and a click under way
 * survive news. make(item) answers {element, update(item)}.
 */
export function keyed(parent, items, keyOf, make) {
  const known = (parent.rows ??= new Map());
  const wanted = new Set(items.map(keyOf));
  for (const [key, row] of known) if (!wanted.has(key)) { row.element.remove(); known.delete(key); }
  items.forEach((item, index) => {
    const key = keyOf(item);
    if (!known.has(key)) known.set(key, make(item));
    const row = known.get(key);
    row.update(item);
    if (parent.children[index] !== row.element) parent.insertBefore(row.element, parent.children[index] ?? null);
  });
}

/** A button of a row. */
export function button(text, testid, act, className = '') {
  const element = say('button', text, { type: 'button', 'data-testid': testid, class: className || null });
  element.addEventListener('click', act);
  return element;
}
