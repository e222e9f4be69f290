import { type Static, Type } from 'typebox'
import { named, omissible } from './schema.ts'

const ShortText = Type.String({ maxLength: 200 })

/** Who answers for a zone, and in which capacity. F3548-21 `Authority`, after ED-269. */
export const ZoneAuthority = named('Authority', {
  name: omissible(ShortText),
  service: omissible(ShortText),
  contact_name: omissible(ShortText),
  site_url: omissible(ShortText),
  email: omissible(ShortText),
  phone: omissible(ShortText),
  purpose: omissible(Type.Enum(['AUTHORIZATION', 'NOTIFICATION', 'INFORMATION'])),
  interval_before: omissible(Type.String({ format: 'duration' })),
})
export type ZoneAuthority = Static<typeof ZoneAuthority>

/** The geo-zone that a constraint expresses. F3548-21 `GeoZone`, after ED-269. */
export const GeoZone = named('GeoZone', {
  identifier: Type.String({ maxLength: 7 }),
  country: Type.String({ minLength: 3, maxLength: 3 }),
  zone_authority: Type.Array(ZoneAuthority, { minItems: 1 }),
  name: omissible(ShortText),
  type: Type.Enum(['COMMON', 'CUSTOMIZED', 'PROHIBITED', 'REQ_AUTHORISATION', 'CONDITIONAL', 'NO_RESTRICTION']),
  restriction: Type.String(),
  restriction_conditions: omissible(Type.Array(Type.String({ maxLength: 10_000 }))),
  region: omissible(Type.Integer({ minimum: 0, maximum: 65_535 })),
  reason: omissible(
    Type.Array(
      Type.Enum([
        'AIR_TRAFFIC',
        'SENSITIVE',
        'PRIVACY',
        'POPULATION',
        'NATURE',
        'NOISE',
        'FOREIGN_TERRITORY',
        'EMERGENCY',
        'OTHER',
      ]),
      { maxItems: 9 },
    ),
  ),
  other_reason_info: omissible(Type.String({ maxLength: 30 })),
  regulation_exemption: omissible(Type.Enum(['YES', 'NO'])),
  u_space_class: omissible(Type.String({ maxLength: 100 })),
  message: omissible(ShortText),
  additional_properties: omissible(Type.Object({}, { default: null })),
})
export type GeoZone = Static<typeof GeoZone>
