import type { Counts } from '../../ingestion/connector/directory.ts';
import { connectAction, connectButton, executeAction } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { facts, type Piece, paragraph, shown, strong, subtle } from '../kit/text.ts';
import { troubledPieces } from '../words/counts.ts';
import { count } from '../words/numbers.ts';

const kind = 'Okta Single Sign-On';

const oktaNeeds =
  'An API token of an account with the role Read-only Administrator, or an OAuth 2.0 service app, whose key Patchbay makes';
const azureNeeds = 'Log Analytics Contributor and Microsoft Sentinel Contributor on the workspace';

const details = executeAction('gallery', 'Details', { kind: 'okta' });
const myConnectors = executeAction('connectors', 'My connectors', { page: 1, filter: '' });

/** What can be connected: each kind of connector, how many there are of it and how they stand, and what it takes. */
export function galleryCard(counts: Counts): Card {
  return cardOf({
    fallback: `Data connectors: ${kind}`,
    body: [
      header({ title: 'Data connectors' }),
      {
        type: 'Container',
        selectAction: { ...details, title: `Details of ${kind}: ${inAll(counts)}` },
        items: [
          paragraph(strong(kind)),
          { ...paragraph(...instances(counts)), spacing: 'None' },
          { ...paragraph(subtle('The System Log of an Okta org, into Microsoft Sentinel')), spacing: 'None' },
          { ...paragraph(subtle(`Needs: ${lowerFirst(oktaNeeds)}; ${azureNeeds}`)), spacing: 'Small' },
        ],
      },
    ],
    actions: [details, ...(counts.all > 0 ? [myConnectors] : []), connectButton],
  });
}

function inAll({ all }: Counts): string {
  if (all === 0) return 'not connected yet';
  return all === 1 ? '1 connector' : `${count(all)} connectors`;
}

function instances(counts: Counts): Piece[] {
  const { all, errors, warnings, paused } = counts;
  const well = all - errors - warnings - paused;
  const rest = well > 0 ? [` · ${count(well)} without a problem`] : [];
  return [inAll(counts), ...troubledPieces(counts), ...rest];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The Okta connector: what it collects, what it takes in Okta and in Azure, and what will be made there. */
export function oktaCard(counts: Counts): Card {
  return cardOf({
    fallback: kind,
    body: [
      header({ title: kind, lines: [instances(counts)] }),
      ...facts([
        [
          'Collects',
          'Every event of the org’s System Log: sign-ins, MFA, changes of users, groups, apps and policies. From an hour before it is connected, or up to 48 hours.',
        ],
        ['In Okta', `${oktaNeeds}. It reads the System Log and nothing else; a token dies after 30 days without use.`],
        ['In Azure', `For you: ${azureNeeds}. New roles take up to 15 minutes to take effect.`],
        [
          'For Patchbay',
          'Log Analytics Contributor, Monitoring Contributor, and Monitoring Metrics Publisher or Role Based Access Control Administrator, on the workspace’s resource group. Connecting checks them, and names what is missing.',
        ],
        [
          'Will be created',
          'The tables OktaSystemLogs_CL and OktaConnectorHealth_CL; a data collection rule for the connector, and one for the workspace’s health records; four functions, among them PatchbayOktaSSO for content that asks for OktaSSO. The token is kept sealed, or in your key vault.',
        ],
        ['Takes', 'About two minutes; the first rows are visible within 30 minutes.'],
      ]),
    ],
    actions: [connectButton, ...(counts.all > 0 ? [myConnectors] : []), executeAction('gallery', 'Back')],
  });
}

/** What to have ready before the dialog is opened, and the button that opens it, with the domain that was named already. */
export function connectCard(domain: string | null): Card {
  const ready = [
    domain ? `Your Okta domain: ${shown(domain)}` : 'Your Okta domain, such as contoso.okta.com',
    `${oktaNeeds}: in Okta, Security › API › Tokens`,
    `For yourself: ${azureNeeds}`,
  ];
  return cardOf({
    fallback: 'Connect an Okta org',
    body: [
      header({ title: 'Connect an Okta org' }),
      paragraph('Have ready:'),
      ...ready.map((one) => ({ ...paragraph(`• ${one}`), spacing: 'Small' })),
      paragraph(
        subtle(
          'The dialog has three pages and takes about two minutes. Paste the token there, never into a chat. This conversation then follows the progress step by step.',
        ),
      ),
    ],
    actions: [domain ? connectAction(domain) : connectButton, { ...details, title: 'What will be created' }],
  });
}
