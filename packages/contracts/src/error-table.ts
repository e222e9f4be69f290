import { errorCodes, errorTable } from './errors.ts'

/** The error table as Markdown, for docs/errors.md. */
export function renderErrorTable(): string {
  const rows = errorCodes.map((code) => {
    const entry = errorTable[code]
    const elsewhere = Object.entries(entry.perOperation ?? {}).map(([id, status]) => `${status} for \`${id}\``)
    if (entry.unlisted !== undefined)
      elsewhere.push(`${entry.unlisted} where the standard does not list ${entry.status}`)
    const status = [String(entry.status), ...elsewhere].join('; ')
    const { compat } = entry
    const compatText =
      compat === undefined
        ? '–'
        : `${compat.status === null ? 'not raised' : compat.status}${
            compat.operations === undefined ? '' : ` for ${compat.operations.map((id) => `\`${id}\``).join(', ')}`
          } (${compat.why})`
    return `| \`${code}\` | ${status} | ${compatText} | ${entry.summary} | ${entry.remedy} |`
  })
  return [
    '| code | status | with `--compat` | what happened | what to do |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
