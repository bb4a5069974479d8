import { about, parsers, rules } from './parts.ts';

const counts: [what: string, count: number][] = [
  ['Parsers', parsers.length],
  ['Workbooks', 1],
  ['Analytic Rules', rules.length],
];
const links = [
  { label: 'Learn more about Microsoft Sentinel', uri: 'https://aka.ms/azuresentinel' },
  { label: 'Learn more about Solutions', uri: 'https://aka.ms/azuresentinelsolutionsdoc' },
];

/** What the solution is, in Markdown, without what the content hub adds. */
export const description = about.description.join('\n\n');

/** The same with what is in it and where to read on, as the form shows it. */
export const descriptionMarkdown = [
  description,
  counts.map(([what, count]) => `**${what}:** ${count}`).join(', '),
  links.map(({ label, uri }) => `[${label}](${uri})`).join(' | '),
].join('\n\n');

/** And as HTML, as the package has it. The texts have no mark of HTML in them. */
export const descriptionHtml = [
  ...about.description,
  counts.map(([what, count]) => `<strong>${what}:</strong> ${count}`).join(', '),
  links.map(({ label, uri }) => `<a href="${uri}">${label}</a>`).join(' | '),
]
  .map((paragraph) => `<p>${paragraph}</p>`)
  .join('\n');
