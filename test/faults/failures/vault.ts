import type { Scene } from '../../scene/scene.ts';
import type { Effect } from '../../sims/azure/faults.ts';
import { noVault } from '../../sims/network.ts';
import type { Failure } from './list.ts';
import type { Cure, Place } from './place.ts';

const store = 'Store the Okta credential';
const unstore = 'Delete the stored Okta credential';
const role = 'Key Vault Secrets Officer';
const byItself = 'Nothing else: Patchbay keeps trying, and goes on by itself.';
const giveRole = 'give Patchbay’s identity the role Key Vault Secrets Officer';
const slow: Effect = { status: 429, headers: { 'retry-after': '1' }, body: { error: { code: 'Throttled' } } };
const refused: Effect = {
  status: 400,
  body: { error: { code: 'BadParameter', message: 'The request is not valid.' } },
};

/** The vault in which the scene's app keeps its tokens. */
export const keyVaultUrl = 'https://patchbay-soc.vault.azure.net';
const goneUrl = `https://${noVault}.vault.azure.net`;

/** Once the token is stored by the dialog, which says itself what a vault refuses: in the order in which one connector meets them. */
export const untilKey: Failure[] = [
  {
    name: 'The Key Vault does not answer',
    answers: 'nothing, or 5xx, after two tries',
    step: store,
    says: 'The Key Vault does not answer',
    remedy: byItself,
    again: 'soon',
    produce: (at) => reading(at, 'reset'),
  },
  {
    name: 'The Key Vault takes no more calls',
    answers: '429',
    step: store,
    says: 'The Key Vault is slowing Patchbay down',
    remedy: 'Nothing at first: Patchbay asks seldom, waits, and goes on by itself.',
    again: 'soon',
    produce: (at) => reading(at, slow),
  },
  {
    name: 'The bot lacks its role on the Key Vault',
    answers: '403 `ForbiddenByRbac`',
    step: store,
    says: 'Patchbay may not use the Key Vault',
    remedy: giveRole,
    again: 'rarely',
    produce: withoutRole,
  },
  {
    name: 'The Key Vault’s firewall keeps the bot out',
    answers: '403 `ForbiddenByFirewall`',
    step: store,
    says: 'The firewall of the Key Vault patchbay-soc.vault.azure.net keeps Patchbay out.',
    remedy: 'let in the address or the subnet from which Patchbay calls',
    again: 'rarely',
    produce: ({ scene: { vault } }) => {
      vault.open = false;
      return () => {
        vault.open = true;
      };
    },
  },
  {
    name: 'The Key Vault goes by access policies',
    answers: '403 `ForbiddenByPolicy`',
    step: store,
    says: 'Patchbay may not use the Key Vault',
    remedy: 'Or switch it to Azure role-based access control, and give the role Key Vault Secrets Officer.',
    again: 'rarely',
    produce: ({ scene: { vault } }) => {
      vault.rbac = false;
      return () => {
        vault.rbac = true;
      };
    },
  },
  {
    name: 'The Key Vault refuses what it is asked',
    answers: '400, or any other code',
    step: store,
    says: 'The Key Vault refuses what Patchbay asks',
    remedy: 'Check that KEY_VAULT_URL leads to a Key Vault of Azure.',
    again: 'rarely',
    produce: (at) => reading(at, refused),
  },
  {
    name: 'The token was switched off in the Key Vault',
    answers: '403 `SecretDisabled`',
    step: store,
    says: 'The stored Okta token was switched off',
    remedy: 'open the Key Vault › Secrets › the secret › its version in the Azure portal, enable it, and press Retry',
    again: 'rarely',
    produce: ({ scene }) => {
      const versions = [...scene.vault.secrets.values()].flatMap((secret) => secret.versions);
      for (const version of versions) version.enabled = false;
      return () => {
        for (const version of versions) version.enabled = true;
      };
    },
  },
  {
    name: 'The token was deleted from the Key Vault',
    answers: '404 `SecretNotFound`',
    step: store,
    says: 'The stored Okta token was deleted',
    remedy: 'open the Key Vault › Secrets › Manage deleted secrets, and recover it',
    again: 'rarely',
    produce: ({ scene }) => {
      const secrets = [...scene.vault.secrets.values()];
      for (const secret of secrets) secret.deletedAt = scene.clock.now();
      return () => {
        for (const secret of secrets) secret.deletedAt = null;
      };
    },
  },
  {
    name: 'The token lies in another Key Vault than Patchbay is told',
    answers: 'nothing: it is not asked',
    step: store,
    says: 'The stored Okta token can’t be opened',
    remedy: 'Start Patchbay with the secret key, or the Key Vault, with which it ran when this token was stored',
    again: 'rarely',
    produce: async ({ scene }) => {
      await startWith(scene, goneUrl);
      // As if it had been stored in that one, before that was deleted.
      return () => tokensLieIn(scene, goneUrl);
    },
  },
  {
    name: 'The Key Vault was deleted',
    answers: 'its name has no address',
    step: store,
    says: 'There is no such Key Vault',
    remedy: 'Key vaults › Manage deleted vaults, and recover it with all its secrets.',
    byProxy: {
      says: 'The proxy does not let Patchbay through',
      remedy: `Have ${hostOf(goneUrl)} allowed on the proxy`,
    },
    again: 'rarely',
    produce: ({ scene }) => {
      return async () => {
        const before = scene.azure.estate.vault(hostOf(keyVaultUrl).split('.')[0] ?? '');
        await startWith(scene, keyVaultUrl);
        for (const [name, secret] of before?.secrets ?? []) scene.vault.secrets.set(name, secret);
        await tokensLieIn(scene, keyVaultUrl);
      };
    },
  },
];

/** Removal; a vault that is gone altogether, or that is not Patchbay's any more, does not stop it. */
export const untilKeyRemoved: Failure[] = [
  {
    name: 'The role on the Key Vault was taken from the bot',
    answers: '403 `ForbiddenByRbac`',
    step: unstore,
    says: 'Patchbay may not use the Key Vault',
    remedy: giveRole,
    again: 'rarely',
    produce: withoutRole,
  },
  {
    name: 'The Key Vault does not answer',
    answers: 'nothing, or 5xx, after two tries',
    step: unstore,
    says: 'The Key Vault does not answer',
    remedy: byItself,
    again: 'soon',
    produce: (at) => away(at, 'reset'),
  },
  {
    name: 'The Key Vault takes no more calls',
    answers: '429',
    step: unstore,
    says: 'The Key Vault is slowing Patchbay down',
    remedy: 'Nothing at first: Patchbay asks seldom, waits, and goes on by itself.',
    again: 'soon',
    produce: (at) => away(at, slow),
  },
  {
    name: 'The Key Vault refuses what it is asked',
    answers: '400, or any other code',
    step: unstore,
    says: 'The Key Vault refuses what Patchbay asks',
    remedy: 'Read the vault’s own words below.',
    again: 'rarely',
    produce: (at) => away(at, refused),
  },
];

/** The token can be stored, and not read. */
function reading({ scene }: Place, effect: Effect): Cure {
  return scene.azure.faults.add({ where: 'vault', when: ({ method }) => method === 'GET', do: effect });
}

/** Nothing goes: the vault is cleared in the background too, and must not get ahead of Retry by a call that was under way. */
function away({ scene }: Place, effect: Effect): Cure {
  return scene.azure.faults.add({ where: 'vault', do: effect });
}

function withoutRole({ scene }: Place): Cure {
  const { principalId } = scene.azure.identity;
  const { id } = scene.vault;
  scene.azure.revoke(principalId, role, id);
  return () => scene.azure.grant(principalId, role, id);
}

async function startWith(scene: Scene, url: string): Promise<void> {
  await scene.stop();
  scene.moveToVault(url);
  await scene.start();
}

async function tokensLieIn(scene: Scene, url: string): Promise<void> {
  await scene.rows('update secrets set vault = $1', [hostOf(url)]);
}

function hostOf(url: string): string {
  return new URL(url).host;
}
