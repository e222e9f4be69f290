import * as fc from 'fast-check'

// Property tests draw the same cases on every machine, so that a run which was green stays green. PARLEY_SEED=17 draws others,
// PARLEY_SEED=random new ones every time: for long runs by hand.
const FIXED = 20_261_122
const asked = process.env['PARLEY_SEED']
if (asked !== 'random') {
  const seed = asked === undefined || asked === '' ? FIXED : Number(asked)
  if (!Number.isSafeInteger(seed)) throw new Error(`PARLEY_SEED=${asked}: a whole number or "random"`)
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
}
