import { SEALED_KIND } from '../act.ts'
import type { SealedAct } from '../seal/seal.ts'

/** Keys made by age-keygen 1.1.1, for tests only. */
export const ALPHA = {
  identity: 'AGE-SECRET-KEY-1XLGQVJR8LLD5ZL7UQZVW3AXC2SPLVJA3493ZM7DQ6T5XHGTP3QYS8SZKZV',
  recipient: 'age1q5u74878srh6vs3em0g2cjr5ewgl6lxkev5259e6c4h2phq234ksuzyakv',
}
export const BRAVO = {
  identity: 'AGE-SECRET-KEY-1UTTGE5E76SKX85A3RAL4AJCD53N8KC8ZXCWSCY5VEXP3V60L5U2SW8YJ3E',
  recipient: 'age1ewfft79awtc7trlet4e0ez9m4n544dmfeculr6hynej6mgncfalqmwp5hs',
}
export const CHARLIE = {
  identity: 'AGE-SECRET-KEY-1RR689ZVE4VFRW0GTNCPJ42NKV5RT2SPW7CHRH0CFLC007YAQFQZSSRKWR2',
  recipient: 'age1slcvfcmrhwp5twzuytx5gajt5lljslf5nff96cccaxnmkgw28ugs6axv59',
}

/** The inner text that the sealed act below committed to. */
export const INNER_TEXT =
  'parley.inner/v1\n{"body":{"text":"Convoy of eleven crosses the ford at first light. Hold fire until it has passed."},"id":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","kind":"message","o":"ridge-7.parley/north/1","salt":"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a","table":"ridge-7","to":["south"]}'

export const COMMIT = '40e8b17cf7af6cf004a6214826c99827acd02998c912a7d9d7a367a365ac5940'

/** The padded inner text, encrypted to ALPHA and BRAVO by the command age 1.1.1 of Debian. */
export const AGE_FILE =
  'YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSAvMURxVWw2bEVEUCtXQVlBczZlYjh0Sk1jOXN1ZVVuSTRQcnFHWVFhUW1ZCnJtQWk3dVdlZTRnNE1TTU9vS01Ia3RZdm9RRzFWQTZhSXdvOTB2Q2pjQzAKLT4gWDI1NTE5IEt3STNheG9RQmQ3YU9MS2syem5hQlBDRmNXWFluMnVzcGFRbVZVYVRUQ2cKbzFCWTVPbVY0eHFUK3BmeUhKM3k1aHh4V0R3bnY5WXBnalNPZ2NSWThGdwotLS0gTnZwdzZOUUlPL0Y3cUNvSHorRlEvWW1hc0JGZ2ZqMzVUVnhyZ1J2L0hpSQpdoyJkKg2yTe35ZCE3h6B7jppEqvJQn4qBjh4O61l/WcOAflb0ZZPB8ClYhEM0o1Yzq13GrozxKciqOcY/kQBfzpTGWG0INIx/qGTDS0+D2C91zNNo6ZpENbVvTFUw7kkzsErjNIZgerNcs0CKekWN4JKzVD2qeOfqgzb8Q5byL7Z8IWovuob/WA12LrizdRhRN8g7SVqxp5vcmwQVDzF+oYIsZ0ArtDM9xinoHl8DED9VU4ZapRjpd0kzebYggXPlU8HWDB3XTLqvayLt+eRECDK8AwjstuZWA4staYacIb9qWgDoL7To/07cW/sUxHtCCmQs0XmmzMXIsynVbNKw1Lt0waxSsL7bCxE6R2bwn3DbxO7lt3hxsrnm0fAlWQPxf+umWuhyRnt7URY1/0n5+SoQzsN1vohDHsDUJyk9cWI45f5ZQ5wWYsW661Yp2hXOchVCz3DGkRRRuRWuvAGJflE8UXXlk0TlSuoPYYq9QmCWlKquTAWgRSLC92GfTZlhsWroM3lA+BeRZsldEMh3YQ1LC1OrNKyfSVxl3yH6fqV0vkGJvtV3DcJ+Vfbxz4Ok2vKIML9UTnQPP6/REHkiufW3XkAZPS/YhfDxT3uxr0oVKhnqFR5ArWd/nkIW646WOH/Jbcfn/4MZT0rKehPsYDGVgSlRHMfX5B3RasMdPEFimRFWC/wuEUQ3GTsm+kb5C2H4ZWztOvrmDEDBYVjx8FhwDqop6gaA2tuxEpRYa/lPU4HRTGCP7ZqP2jhbn8eeqjjB8oqe10eUVfLFfPgKO3kE9gjzRDzTbw1C0pho6ye/XtviPTOhctIH4lxsBPQPkjLDIovQ5xHu1dVrM0jL5OJAGphqTKiaUW1m/4vWlhQskHxZ+lE+H6Ahz4LGOC5i91vyBGZi3GbVuUK9puHSFzY5+cv9Dg7Pgc3Y/Oz0njU/P09gmkmiiK3G+GhhvjnfozfDc9yKU3T00rwJL5I2pElMVhioqiNORMSL/74NSHSuPgfBjBDXSMpRDunv9YijkbYrBX7d01mxgnPVbfjGjAHP/Kg2CiXoecvemkrQmPy0qBPOmaj3pMS0UWalxspM4TNqwTQgRHOioxtvQDy86uYya7xxZ91yKPCkAnFbyXv6YfAQC7qll4af55bB9JtBoDTqqGp0J4evU5AwXMb75lDUkJW3pg96ooh6phmJQtrEjY7N46I7LXPjvRSUsYjJ+IMesW6OApMkFVbcSTNCEdjF5YezI98D9LAk6QWaIK3H175NWrpGwULmBHXF2WoALrpL858UP8fnPyXT2GTYjspVEhoM+7W2A4IVx/YohcCrG+leqZ3yy4CmCb1xfEjPVtChWGwpFYAzxGVwqxu/gKFoW28dR8xPnJVniV/3+zRkBDk+TIBjgElUssNod7s='

export const SEALED_ACT: SealedAct = {
  table: 'ridge-7',
  o: 'ridge-7.parley/north/1',
  id: '0f'.repeat(16),
  kind: SEALED_KIND,
  to: ['south'],
  body: { commit: COMMIT, ct: AGE_FILE },
}
