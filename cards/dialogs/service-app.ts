import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { shown } from '../kit/text.ts';
import { pages, zoneHint } from '../words/fields.ts';
import { type Errors, faultBlock, fieldBlocks, hintBlock } from './fields.ts';
import template from './service-app.json' with { type: 'json' };

/** The page that shows the public key of a service app, and asks for the app's client id. */
export type ServiceAppPage = {
  draft: string;
  /** The JWK as JSON. */
  publicKey: string;
  /** As it was typed, or as the connector has it. */
  client: string;
  /** From where the bot calls, as far as it is known. */
  outboundAddresses: string[];
  errors: Errors;
};

/** The page in the connect dialog, between the first and the second. */
export function connectByApp(page: ServiceAppPage): Card {
  const at = { dialog: 'connect', draft: page.draft, page: 'app' };
  return drawn(page, { title: ['Step 1 of 3 · Service app in Okta'], steps: newAppSteps, next: 'Next', at });
}

/**
 * The page in the manage dialog: the connector reads by a service app from then on, or by a new key of its own. `now`: the client id
 * by which it reads until then; null for an API token.
 */
export function manageByApp(
  page: ServiceAppPage,
  { connector, now }: { connector: { id: string; name: string }; now: string | null },
): Card {
  const at = { dialog: 'manage', connector: connector.id, draft: page.draft, page: 'app' };
  return drawn(page, {
    title: [`Service app of ${shown(connector.name)}`],
    lines: [now ? `Reads by the service app ${shown(now)}` : 'Reads by an API token'],
    steps: now ? newKeySteps : newAppSteps,
    next: 'Try and use it',
    at,
  });
}

type Look = { title: string[]; lines?: string[]; steps: string[]; next: string; at: Card };

function drawn(
  { publicKey, client, outboundAddresses, errors }: ServiceAppPage,
  { title, lines = [], steps, next, at }: Look,
): Card {
  return expand(template, {
    header: header({ title, lines }),
    formError: faultBlock(errors.form),
    steps: steps.map((step, index) => ({ number: `${index + 1}`, step })),
    publicKey,
    hint: hintBlock(keyHint),
    fields: fieldBlocks({
      dialog: 'connect',
      ids: pages.serviceApp,
      show: (id) => ({ value: client, error: errors[id], hint: zoneHint(outboundAddresses) }),
    }),
    actions: [
      { type: 'Action.Submit', title: next, style: 'positive', data: { ...at, tries: true } },
      { type: 'Action.Submit', title: 'Back', associatedInputs: 'none', data: { ...at, back: true } },
    ],
  });
}

const keyHint =
  'Select all of it, and copy it. The private key was made here, is stored encrypted and never shown. Leave DPoP on if Okta has it on: each call then proves that it has the key.';

const newAppSteps = [
  'In Okta Admin Console › Applications › Applications › Create App Integration, choose API Services, and name it Patchbay. This takes a super administrator.',
  'On its tab General › Client Credentials › Edit, choose Public key / Private key, then Add key, paste the key below, and save.',
  'On the tab Okta API Scopes, grant okta.logs.read.',
  'On the tab Admin roles, assign Read-only Administrator, or a custom role that can view the System Log, and take out any other: where the org has Public client app admins on, Okta has made the app a super administrator.',
  'Copy the Client ID from the tab General into the last field here.',
];

const newKeySteps = [
  'In Okta Admin Console › Applications › Applications, open the app of Patchbay. This takes a super administrator.',
  'On its tab General › Client Credentials › Edit, choose Add key, paste the key below, and save. Both keys are good now, and nothing stops meanwhile.',
  'Press the button below: the new key is tried at Okta, and then used.',
  'After that, deactivate and delete the old key there.',
];
