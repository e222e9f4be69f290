import { parentPort } from 'node:worker_threads'
import { checkEntries, type EntriesJob } from '@parley/record'

/** One thread of a verification: checks the bundles that it is sent, in order. */
parentPort?.on('message', (job: EntriesJob) => parentPort?.postMessage(checkEntries(job), []))
