export { PASSES_SUSPENSION, PRECEDENCES, type Precedence, type Subject, SUBJECTS } from './subjects.ts'
