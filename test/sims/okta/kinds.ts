import { appTarget, type Person, target, userTarget } from './cast.ts';
import type { Random } from './random.ts';

/** What differs from one type of event to another; the rest of an event is the same for all. */
export type Kind = {
  eventType: string;
  legacyEventType: string | null;
  displayMessage: string;
  weight: number;
  /** Events of the system have no browser, place or session behind them. */
  system?: boolean;
  severity?: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  outcome?: (random: Random) => { result: string; reason: string | null };
  target?: (random: Random, who: Person) => unknown;
  debugData?: (random: Random) => Record<string, unknown>;
};

const failure = (reason: string) => () => ({ result: 'FAILURE', reason });
const factor = (random: Random) => ({
  factor: random.pick(['OKTA_VERIFY_PUSH', 'SIGNED_NONCE', 'TOKEN_SOFTWARE_TOTP', 'FIDO_WEBAUTHN']),
});
const rateLimit = (random: Random) => ({
  threshold: '60',
  rateLimitBucketUuid: random.hex(32),
  operationRateLimitType: 'web_request',
  operationRateLimitScopeType: 'ORG',
  operationRateLimitThreshold: '120',
  operationRateLimitSubtype: '/api/v1/logs',
  requestUri: '/api/v1/logs',
});

/** The types of event that the generator makes, with their share. */
export const kinds: readonly Kind[] = [
  {
    eventType: 'user.session.start',
    legacyEventType: 'core.user_auth.login_success',
    displayMessage: 'User login to Okta',
    weight: 22,
  },
  {
    eventType: 'user.session.start',
    legacyEventType: 'core.user_auth.login_failed',
    displayMessage: 'User login to Okta',
    weight: 6,
    severity: 'WARN',
    outcome: (random) => failure(random.pick(['INVALID_CREDENTIALS', 'LOCKED_OUT', 'VERIFICATION_ERROR']))(),
  },
  {
    eventType: 'user.session.end',
    legacyEventType: 'core.user_auth.logout_success',
    displayMessage: 'User logout from Okta',
    weight: 6,
  },
  {
    eventType: 'user.authentication.auth_via_mfa',
    legacyEventType: 'core.user.factor.attempt_success',
    displayMessage: 'Authentication of user via MFA',
    weight: 16,
    target: (random, who) => [userTarget(who), target(random, 'AuthenticatorEnrollment', 'Okta Verify')],
    debugData: factor,
  },
  {
    eventType: 'user.authentication.auth_via_mfa',
    legacyEventType: 'core.user.factor.attempt_fail',
    displayMessage: 'Authentication of user via MFA',
    weight: 2,
    severity: 'WARN',
    outcome: failure('INVALID_CREDENTIALS'),
    debugData: factor,
  },
  {
    eventType: 'user.mfa.okta_verify.deny_push',
    legacyEventType: null,
    displayMessage: 'User rejected Okta push verify',
    weight: 1,
    severity: 'WARN',
    outcome: failure('User rejected Okta push verify'),
  },
  {
    eventType: 'user.authentication.sso',
    legacyEventType: 'app.auth.sso',
    displayMessage: 'User single sign on to app',
    weight: 18,
    target: (random, who) => [appTarget(random), { ...userTarget(who), type: 'AppUser' }],
    debugData: (random) => ({
      initiationType: 'IDP_INITIATED',
      signOnMode: 'SAML 2.0',
      redirectUri: `https://app.example/sso?s=${random.hex(24)}`,
    }),
  },
  {
    eventType: 'policy.evaluate_sign_on',
    legacyEventType: null,
    displayMessage: 'Evaluation of sign-on policy',
    weight: 12,
    outcome: (random) => ({
      result: random.pick(['ALLOW', 'CHALLENGE', 'DENY']),
      reason: 'Sign-on policy evaluation resulted in a decision',
    }),
    target: (random) => [
      { ...target(random, 'PolicyEntity', 'Default Policy'), detailEntry: { policyType: 'OktaSignOn' } },
      { ...target(random, 'PolicyRule', 'Catch-all Rule'), detailEntry: null },
    ],
  },
  {
    eventType: 'user.authentication.verify',
    legacyEventType: null,
    displayMessage: 'Verify user identity',
    weight: 3,
    debugData: (random) => ({ ...factor(random), authMethodFirstEnrollment: 'signed_nonce' }),
  },
  {
    eventType: 'user.mfa.factor.activate',
    legacyEventType: 'core.user.factor.activate',
    displayMessage: 'Activate factor or authenticator enrollment for user',
    weight: 1,
    debugData: factor,
  },
  {
    eventType: 'user.mfa.factor.deactivate',
    legacyEventType: 'core.user.factor.deactivate',
    displayMessage: 'Reset factor or authenticator enrollment for user',
    weight: 1,
    debugData: factor,
  },
  {
    eventType: 'user.account.lock',
    legacyEventType: 'core.user_auth.account_locked',
    displayMessage: 'Max sign in attempts exceeded',
    weight: 1,
    severity: 'WARN',
    outcome: failure('LOCKED_OUT'),
  },
  {
    eventType: 'user.account.update_profile',
    legacyEventType: 'core.user.config.profile.update',
    displayMessage: 'Update user profile for Okta',
    weight: 2,
    target: (_random, who) => [
      {
        ...userTarget(who),
        changeDetails: {
          from: { title: 'Analyst', department: 'Sécurité', manager: null },
          to: { title: 'Senior Analyst\t(acting)', department: 'Sécurité', manager: 'person1@corp.example' },
        },
      },
    ],
    debugData: () => ({ changedAttributes: 'title,manager' }),
  },
  {
    eventType: 'user.account.privilege.grant',
    legacyEventType: 'core.user.admin_privilege.granted',
    displayMessage: 'Grant user privilege',
    weight: 1,
    target: (random, who) => [userTarget(who), target(random, 'ROLE', 'Read-only administrator')],
    debugData: () => ({ privilegeGranted: 'Read-only administrator, Help desk administrator' }),
  },
  {
    eventType: 'user.lifecycle.create',
    legacyEventType: 'core.user.config.user_creation.success',
    displayMessage: 'Create Okta user',
    weight: 1,
  },
  {
    eventType: 'user.lifecycle.deactivate',
    legacyEventType: 'core.user.config.user_deactivated',
    displayMessage: 'Deactivate Okta user',
    weight: 1,
  },
  {
    eventType: 'group.user_membership.add',
    legacyEventType: 'core.user_group_member.user_add',
    displayMessage: 'Add user to group membership',
    weight: 4,
    target: (random, who) => [
      userTarget(who),
      target(random, 'UserGroup', random.pick(['Everyone', 'SOC – Tier 2', 'Übersetzer'])),
    ],
    debugData: () => ({ triggeredByGroupRuleId: '0prRule' }),
  },
  {
    eventType: 'application.user_membership.add',
    legacyEventType: 'app.generic.provision.assign_user_to_app',
    displayMessage: 'Add user to application membership',
    weight: 3,
    target: (random, who) => [{ ...userTarget(who), type: 'AppUser' }, appTarget(random), userTarget(who)],
  },
  {
    eventType: 'policy.rule.update',
    legacyEventType: 'policy.rule.updated',
    displayMessage: 'Update policy rule',
    weight: 1,
    target: (random) => [
      {
        ...target(random, 'PolicyRule', 'Require MFA'),
        changeDetails: {
          from: { conditions: { network: { connection: 'ANYWHERE' }, risk: { level: 'ANY' } }, priority: 2 },
          to: {
            conditions: { network: { connection: 'ZONE', exclude: ['nzo1', 'nzo2'] }, risk: { level: 'HIGH' } },
            priority: 1,
          },
        },
      },
    ],
  },
  {
    eventType: 'app.oauth2.token.grant.access_token',
    legacyEventType: 'app.oauth2.token.grant.access_token_success',
    displayMessage: 'OIDC access token is granted',
    weight: 8,
    target: (random) => [target(random, 'access_token', 'Access Token')],
    debugData: (random) => ({
      grantType: 'authorization_code',
      requestedScopes: 'openid profile email',
      state: random.hex(32),
    }),
  },
  {
    eventType: 'security.threat.detected',
    legacyEventType: null,
    displayMessage: 'Request from suspicious actor',
    weight: 1,
    severity: 'WARN',
    outcome: (random) => ({ result: random.pick(['DENY', 'ALLOW']), reason: 'Password Spray' }),
    debugData: () => ({
      threatSuspected: 'true',
      threatDetections: '{"Password Spray":"HIGH","Login failures":"MEDIUM"}',
    }),
  },
  {
    eventType: 'system.api_token.create',
    legacyEventType: 'api.token.create',
    displayMessage: 'Create API token',
    weight: 1,
    target: (random) => [target(random, 'Token', 'log reader')],
  },
  {
    eventType: 'system.org.rate_limit.warning',
    legacyEventType: 'core.framework.ratelimit.warning',
    displayMessage: 'Rate limit warning',
    weight: 2,
    system: true,
    severity: 'WARN',
    target: (random) => [target(random, 'URL Pattern', '/api/v1/logs')],
    debugData: rateLimit,
  },
  {
    eventType: 'system.email.delivery',
    legacyEventType: null,
    displayMessage: 'Email delivery status updated',
    weight: 2,
    system: true,
    outcome: (random) => ({ result: random.pick(['DELIVERED', 'DEFERRED', 'DROPPED']), reason: null }),
    target: () => null,
  },
];
