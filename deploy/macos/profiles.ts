import { createHash } from 'node:crypto'
import { type PlistValue, plistText } from './plist.ts'
import { checkBundleId, checkTeamId } from './product.ts'

/** Whose build of the agent the profiles are for. */
export interface ProfileOptions {
  readonly teamId: string
  readonly bundleId: string
  /** Shown to people as the author of the profiles. */
  readonly organization: string
}

/** A configuration profile as a file. */
export interface Profile {
  readonly name: string
  readonly text: string
}

/**
 * The profiles that a managed Mac needs: full disk access, the background item that its user cannot
 * switch off, and notifications. Generated anew for the same team and bundle they have the same
 * identifiers, so that an MDM replaces what it has.
 *
 * Full disk access is granted by MDM only: macOS refuses this payload when it is installed by hand.
 *
 * @throws Error for a team or bundle id that is none.
 * @see Apple's device-management schema: TCC.configuration-profile-policy, servicemanagement,
 *   notificationsettings.
 */
export function profiles(options: ProfileOptions): readonly Profile[] {
  checkBundleId(options.bundleId)
  checkTeamId(options.teamId)
  return [
    profile(options, {
      name: 'full-disk-access',
      title: 'Pomona: full disk access',
      type: 'com.apple.TCC.configuration-profile-policy',
      content: { Services: { SystemPolicyAllFiles: [accessRule(options)] } },
    }),
    profile(options, {
      name: 'background-item',
      title: 'Pomona: background item',
      type: 'com.apple.servicemanagement',
      content: { Rules: backgroundRules(options) },
    }),
    profile(options, {
      name: 'notifications',
      title: 'Pomona: notifications',
      type: 'com.apple.notificationsettings',
      content: { NotificationSettings: [notificationRule(options)] },
    }),
  ]
}

/**
 * What code must be to be the agent: signed with a Developer ID of this team under this identifier.
 *
 * @see Code Signing Requirement Language, and the marker certificates of Developer ID.
 */
export function codeRequirement({ bundleId, teamId }: ProfileOptions): string {
  return [
    `identifier "${bundleId}"`,
    'anchor apple generic',
    'certificate 1[field.1.2.840.113635.100.6.2.6] /* exists */',
    'certificate leaf[field.1.2.840.113635.100.6.1.13] /* exists */',
    `certificate leaf[subject.OU] = "${teamId}"`,
  ].join(' and ')
}

function accessRule(options: ProfileOptions): PlistValue {
  return {
    Identifier: options.bundleId,
    IdentifierType: 'bundleID',
    CodeRequirement: codeRequirement(options),
    StaticCode: false,
    Allowed: true,
    Comment: 'Endpoint Security events are only given to programs with full disk access.',
  }
}

function backgroundRules({ bundleId, teamId }: ProfileOptions): PlistValue {
  return [
    {
      RuleType: 'Label',
      RuleValue: bundleId,
      TeamIdentifier: teamId,
      Comment: 'The agent is started by launchd.',
    },
    {
      RuleType: 'BundleIdentifier',
      RuleValue: bundleId,
      TeamIdentifier: teamId,
      Comment: 'The application the agent belongs to.',
    },
  ]
}

function notificationRule({ bundleId }: ProfileOptions): PlistValue {
  return {
    BundleIdentifier: bundleId,
    NotificationsEnabled: true,
    AlertType: 1,
    CriticalAlertEnabled: false,
    ShowInLockScreen: false,
    ShowInNotificationCenter: true,
    BadgesEnabled: false,
    SoundsEnabled: false,
  }
}

interface PayloadFields {
  readonly name: string
  readonly title: string
  readonly type: string
  readonly content: { readonly [key: string]: PlistValue }
}

function profile(options: ProfileOptions, fields: PayloadFields): Profile {
  const { name, title, type, content } = fields
  const identifier = `${options.bundleId}.profile.${name}`
  const common = { PayloadOrganization: options.organization, PayloadVersion: 1 }
  const text = plistText({
    PayloadContent: [
      {
        PayloadDisplayName: title,
        PayloadIdentifier: `${identifier}.payload`,
        PayloadType: type,
        PayloadUUID: stableUuid(options, `${name}.payload`),
        ...common,
        ...content,
      },
    ],
    PayloadDisplayName: title,
    PayloadIdentifier: identifier,
    PayloadRemovalDisallowed: true,
    PayloadScope: 'System',
    PayloadType: 'Configuration',
    PayloadUUID: stableUuid(options, name),
    ...common,
  })
  return { name: `${name}.mobileconfig`, text }
}

/** A UUID of version 8 (RFC 9562) made of a hash: the same for the same team, bundle and name. */
function stableUuid({ teamId, bundleId }: ProfileOptions, name: string): string {
  const hash = createHash('sha256').update([teamId, bundleId, name].join('\0')).digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex').toUpperCase()
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return [...parts, hex.slice(20, 32)].join('-')
}
