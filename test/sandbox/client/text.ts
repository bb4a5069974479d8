const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escaped = (text: string) => text.replace(/[&<>"']/g, (one) => escapes[one] ?? one);

/** The Markdown that Teams shows: bold, italic, links and lists. All else stays as it was typed. */
export function markdown(text: string): string {
  const blocks = escaped(text)
    .replace(/\r/g, '')
    .split(/\n{2,}/);
  return blocks.map(block).join('');
}

/** A message's text: mentions in the accent colour, Markdown only where the bot wrote it. */
export function messageText(text: string, fromBot: boolean): string {
  const html = fromBot ? markdown(text) : `<p>${escaped(text).replaceAll('\n', '<br>')}</p>`;
  return html.replace(/&lt;at&gt;(.*?)&lt;\/at&gt;/g, '<span class="mention">$1</span>').replaceAll('&amp;nbsp;', ' ');
}

/** The same without any markup, for previews of one line. */
export function plain(text: string): string {
  return text
    .replace(/<\/?at>/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*_~`\\]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function block(text: string): string {
  const lines = text.split('\n');
  const list = /^\s*(?:[-*]|(\d+)[.)])\s+/;
  if (!lines.every((line) => list.test(line))) return `<p>${lines.map(inline).join('<br>')}</p>`;
  const tag = /^\s*\d/.test(lines[0] ?? '') ? 'ol' : 'ul';
  return `<${tag}>${lines.map((line) => `<li>${inline(line.replace(list, ''))}</li>`).join('')}</${tag}>`;
}

function inline(text: string): string {
  const kept: string[] = [];
  const keep = (html: string) => `\ue000${kept.push(html) - 1}\ue001`;
  return text
    .replace(/\\([\\*_[\]()~`#.!+\-&lt;])/g, (_, letter: string) => keep(letter))
    .replace(/\[([^\]]+)\]\((https:[^\s)]+)\)/g, (_, label: string, address: string) => {
      return keep(`<a href="${address}" target="_blank" rel="noopener noreferrer">`) + label + keep('</a>');
    })
    .replace(/\*\*(\S(?:.*?\S)?)\*\*/g, '<strong>$1</strong>')
    .replace(/(^|[^\w*])\*(\S(?:.*?\S)?)\*(?!\w)/g, '$1<em>$2</em>')
    .replace(/(^|[^\w])_(\S(?:.*?\S)?)_(?!\w)/g, '$1<em>$2</em>')
    .replace(/\ue000(\d+)\ue001/g, (_, index: string) => kept[Number(index)] ?? '');
}
