import type { TargetDefect } from './cloud-target.ts'

/** The laws that find each mistake, all of them in an adapter that keeps every other law. */
export const targetDefects: Readonly<Record<TargetDefect, readonly string[]>> = {
  'creates a model again when its answer was lost': ['creates nothing twice when every answer is lost once'],
  'takes what is listed for ready': ['shows a revision as ready only when the vendor has it ready'],
  'repeats a secret in what it throws': ['shows no secret when the vendor’s fault repeats it'],
  'repeats a secret in what it observes': ['shows no secret in its answers, observations and errors'],
  'takes 429 for a refusal': [
    'passes on how long a vendor with too many calls asks to wait, and goes on afterwards',
  ],
  'drops the Retry-After of 429': [
    'passes on how long a vendor with too many calls asks to wait, and goes on afterwards',
  ],
  'takes 5xx for a refusal': ['takes a fault of the vendor as one that passes, and goes on afterwards'],
  'takes a lost answer for a refusal': ['calls a lost answer neither refused nor failed nor unchanged'],
  'never sends runtime.env': ['brings runtime.env to the vendor'],
  'never sends secrets': ['brings the values of runtime.secrets to the vendor'],
  'never sends settings': ['brings the settings to the vendor'],
  'never sends the scale': ['brings the scale to the vendor, and each change of it'],
  'sends the first file only': ['brings every file of the artifact to the vendor'],
  'answers unchanged while another want is on its way': [
    'answers unchanged only for the want that is there or on its way',
  ],
  'tells of no failed update': [
    'tells that the vendor failed an update, and why, and shows what serves meanwhile',
  ],
  'updates again for each operation id': ['creates nothing twice when the same want is applied again'],
  'hides a revision when an operation ends between two reads': [
    'shows every revision throughout a change, also when an operation ends between two of its reads',
  ],
  'lists the first page only': ['lists every key that has a revision'],
  'takes an unreachable vendor for an empty one': [
    'throws target-unavailable when the vendor cannot be reached, instead of observing nothing',
  ],
  'repeats its token in what it throws': [
    'throws auth when the vendor refuses its credentials, and shows none',
  ],
  'drops the old revision before the new one serves': [
    'shows every revision throughout a change, also when an operation ends between two of its reads',
  ],
  'splits between any revisions': [
    'refuses traffic for a revision that is older than the newest two, in plan and in apply',
  ],
  'takes the order of the names for the order of creation': [
    'splits between the newest revision and the one before it, canary after canary',
  ],
  'says that its lists are true sooner than they are': [
    'shows in observe and list what it accepted listLagMs ago, and no longer what it destroyed',
  ],
  'lists what it listed before': [
    'shows in observe and list what it accepted listLagMs ago, and no longer what it destroyed',
  ],
}
