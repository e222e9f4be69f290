import { ageText } from '../format.ts'
import { language, t, tell } from '../i18n.ts'
import { type Problem, problems, settle } from '../problems.ts'
import { heardAtMs, isStale, tickMs } from '../session.ts'

function ProblemView({ problem }: { problem: Problem }) {
  return (
    <li class="problem">
      <div>
        <strong>{t(problem.what)}</strong> {tell(problem.remedy)}
        {problem.said !== undefined && problem.said !== '' && (
          <p class="said">
            {t('decision.node-says')}{' '}
            <q lang="en" dir="ltr">
              {problem.said}
            </q>
          </p>
        )}
        {problem.fields?.map(({ field, rule }) => (
          <p key={field} class="said">
            {t('problem.field', { field, rule })}
          </p>
        ))}
      </div>
      <button type="button" class="quiet" aria-label={t('problem.dismiss')} onClick={() => settle(problem.what)}>
        ✕
      </button>
    </li>
  )
}

/** Everything that failed and is not mended yet, each with what to do. */
export function Problems() {
  const stale = isStale.value
  return (
    <div class="problems" role="region" aria-label={t('problem.region')} aria-live="polite">
      {stale && heardAtMs.value !== null && (
        <p class="stale-banner" role="alert">
          {t('connection.stale-banner', { age: ageText(language.value, tickMs.value - heardAtMs.value) })}
        </p>
      )}
      {problems.value.length > 0 && (
        <ul>
          {problems.value.map((problem) => (
            <ProblemView key={problem.what} problem={problem} />
          ))}
        </ul>
      )}
    </div>
  )
}
