import type { SourceDefect } from './counter-source.ts'

/** The laws that find each mistake, all of them in an adapter that keeps every other law. */
export const sourceDefects: Readonly<Record<SourceDefect, readonly string[]>> = {
  'ignores the label deployment': ['counts no data of another deployment'],
  'ignores a label that it does not know': ['answers no numbers for a label that it does not know'],
  'covers whatever it was asked': ['covers no time from before its data begins'],
  'subtracts the first value of a counter from the last': ['counts on when a counter begins again at zero'],
  'divides the hits of all revisions': ['gives one revision the same numbers whatever others do'],
  'waits on after its abortSignal fired': ['ends a query that nobody answers when its abortSignal fires'],
  'includes the end of the interval': ['counts no sample from the very end of the interval'],
}
