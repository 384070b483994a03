/**
 * How an upstream behaves: it answers well; refuses with 503; answers well until it dies; breaks its stream in the middle;
 * sends a head and nothing else; stops in the middle; reports an error in a stream of status 200. `brisk` answers well, in
 * one write.
 */
export type Upstream =
  | 'healthy'
  | 'brisk'
  | 'dead'
  | 'also dead'
  | 'mortal'
  | 'cut'
  | 'silent'
  | 'stalls'
  | 'error'

export interface Scenario {
  readonly what: string
  /** In the order in which they are to be asked. */
  readonly models: readonly Upstream[]
  readonly count: number
  /** The time from one request to the next in milliseconds, 0 for all at once. */
  readonly gapMs: number | 'one after another'
  /** When `mortal` dies, in milliseconds. */
  readonly diesMs?: number
  /** Whether a silence is to be noticed after `silenceMs`, by what each library has for it. */
  readonly noticesSilence?: boolean
}

/** How long a silence may last, where it is to be noticed. */
export const silenceMs = 1000

export const scenarios: readonly Scenario[] = [
  { what: '200 at once, the first model dead', models: ['dead', 'healthy'], count: 200, gapMs: 0 },
  { what: '50 a second for 8 s, the first model dead', models: ['dead', 'healthy'], count: 400, gapMs: 20 },
  {
    what: '50 a second for 4 s, the first model dies after 2 s',
    models: ['mortal', 'healthy'],
    count: 200,
    gapMs: 20,
    diesMs: 2000,
  },
  { what: '50 at once, each cut after output', models: ['cut', 'healthy'], count: 50, gapMs: 0 },
  {
    what: '50 at once, each stalls before output',
    models: ['silent', 'healthy'],
    count: 50,
    gapMs: 0,
    noticesSilence: true,
  },
  {
    what: '50 at once, each stalls after output',
    models: ['stalls', 'healthy'],
    count: 50,
    gapMs: 0,
    noticesSilence: true,
  },
  {
    what: '50 at once, an error in a stream of status 200',
    models: ['error', 'healthy'],
    count: 50,
    gapMs: 0,
  },
  { what: '50 at once, two of three dead', models: ['dead', 'also dead', 'healthy'], count: 50, gapMs: 0 },
  {
    what: '50 one after another, the first model dead',
    models: ['dead', 'healthy'],
    count: 50,
    gapMs: 'one after another',
  },
]
