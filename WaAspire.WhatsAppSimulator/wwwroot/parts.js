// What a bubble shows besides its text: the message it answers, a file, a header, lines, a footer, what can be tapped.
// Every text goes through textContent. A link is told and not followed: nothing on this page leaves the machine.
const SHOWN = { image: 'img', sticker: 'img', video: 'video', audio: 'audio' };

function line(tag, name, text) {
  const element = document.createElement(tag);
  element.className = name;
  element.dataset.testid = name;
  element.textContent = text;
  return element;
}

function file({ kind, id, link }) {
  if (link) return line('span', 'file', link);
  const source = `simulator/media/${encodeURIComponent(id)}`;
  const element = document.createElement(SHOWN[kind] ?? 'a');
  element.className = `file ${kind}`;
  element.dataset.testid = 'file';
  if (kind === 'document') {
    element.href = source;
    element.download = '';
    element.textContent = 'Open the document';
  } else {
    element.src = source;
    if (kind === 'video' || kind === 'audio') element.controls = true;
    else element.alt = kind === 'sticker' ? 'Sticker' : 'Photo';
  }
  return element;
}

/** What stands over the text. */
export function above({ quote, parts }) {
  const shown = [];
  if (quote) shown.push(line('blockquote', 'quote', quote));
  if (parts?.media) shown.push(file(parts.media));
  if (parts?.header) shown.push(line('strong', 'header', parts.header));
  return shown;
}

/** What stands under it. */
export function below({ parts }) {
  if (!parts) return [];
  const shown = parts.lines.map((text) => line('span', 'line', text));
  if (parts.footer) shown.push(line('small', 'footer', parts.footer));
  return [...shown, ...parts.choices.map((text) => line('span', 'choice', text))];
}
