import type { AppView } from '../sims/okta/apps.ts';
import type { OktaOrg } from '../sims/okta/org.ts';
import type { Control, Fact, Group } from './control.ts';

const scope = 'okta.logs.read';

/** The form by which a person registers a service app in the org; `id` is the control's. */
export function newApp(org: OktaOrg, id: string): Control {
  return {
    id,
    label: 'New service app',
    hint: 'Paste the public key that the connect dialog shows; the client ID for the dialog comes below.',
    kind: 'paste',
    button: 'Create',
    placeholder: '{"kty":"EC", … }',
    run: (jwk) => {
      org.addApp({ jwk: pasted(jwk), dpop: true });
      return 'The app may read the System Log. Copy its client ID into the dialog.';
    },
  };
}

/** What the org's admin sees of each service app and can do to it. */
export function appGroups(org: OktaOrg): Group[] {
  return org.apps.list().map((app, index) => ({
    title: `Service app ${index + 1}`,
    facts: facts(org, app),
    controls: controls(org, app),
  }));
}

function facts({ apps }: OktaOrg, { clientId, kids, granted, refused }: AppView): Fact[] {
  const keys = kids.map((kid) => ({
    label: 'Key',
    text: kid,
    remove: {
      id: `key-${clientId}-${kid}`,
      label: `Remove key ${kid}`,
      kind: 'button' as const,
      run: () => {
        apps.removeKey(clientId, kid);
        return 'What is signed with this key is refused from now on.';
      },
    },
  }));
  return [
    { label: 'Client ID', text: clientId, copy: true },
    ...(keys.length > 0 ? keys : [{ label: 'Key', text: 'none', tone: 'bad' as const }]),
    { label: 'Asked for tokens', text: `${granted} given, ${refused} refused` },
  ];
}

function controls({ apps }: OktaOrg, { clientId, scopes, role, dpop, active }: AppView): Control[] {
  const toggle = (name: string, label: string, { value, run }: Switch): Control => ({
    id: `${name}-${clientId}`,
    label,
    kind: 'toggle',
    value,
    run,
  });
  return [
    toggle('scope', `Scope ${scope} granted`, {
      value: scopes.includes(scope),
      run: (on) => {
        if (on) return apps.grant(clientId, scope);
        apps.ungrant(clientId, scope);
        return 'Tokens that the app has keep the scope for their hour.';
      },
    }),
    toggle('role', 'Admin role assigned', {
      value: role,
      run: (on) => (on ? apps.assignRole(clientId) : apps.removeRole(clientId)),
    }),
    toggle('dpop', 'DPoP required', { value: dpop, run: (on) => apps.requireDpop(clientId, on) }),
    toggle('inactive', 'Deactivated', {
      value: !active,
      run: (on) => {
        if (!on) return apps.activate(clientId);
        apps.deactivate(clientId);
        return 'Its tokens are dead, and it gets no others.';
      },
    }),
    {
      id: `revoke-${clientId}`,
      label: 'Revoke its tokens',
      kind: 'button',
      run: () => {
        apps.revokeTokens(clientId);
        return 'The tokens that it has are refused; it may ask for others.';
      },
    },
    {
      id: `add-key-${clientId}`,
      label: 'Another key',
      kind: 'paste',
      button: 'Add',
      run: (jwk) => {
        apps.addKey(clientId, pasted(jwk));
        return 'The app may sign with this key too.';
      },
    },
  ];
}

type Switch = { value: boolean; run: (on: boolean) => unknown };

function pasted(text: string): string {
  if (text.trim() === '') throw new Error('Paste a public key first.');
  return text;
}
