import type { Card } from '../../cards/kit/template.ts';
import { galleryCard, oktaCard } from '../../cards/messages/gallery.ts';
import { countConnectors } from '../../ingestion/connector/directory.ts';
import type { Backend } from '../teams/backend.ts';
import type { Button } from './button.ts';
import type { Command } from './command.ts';

/** What can be connected, and how many of it are. */
export const gallery: Command = {
  word: 'gallery',
  usage: 'gallery',
  what: 'What can be connected, and what it takes',
  run: (backend, { tenantId }) => draw(backend, tenantId, galleryCard),
};

/** Details and Back. */
export const turnGallery: Button = {
  verb: 'gallery',
  press: (backend, { tenantId, data }) => draw(backend, tenantId, data.kind === 'okta' ? oktaCard : galleryCard),
};

async function draw(
  { pool }: Backend,
  tenantId: string,
  card: (counts: Awaited<ReturnType<typeof countConnectors>>) => Card,
): Promise<Card> {
  return card(await countConnectors(pool, { tenantId, filter: '' }));
}
