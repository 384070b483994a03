import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pythonEnvironment } from '../../servers/python-venv.ts'

/** The classifiers that the team knows to train. */
export type Recipe = 'bayes' | 'svm' | 'new-export'

export interface Trained {
  readonly version: string
  readonly description: string
  readonly accuracy: number
  readonly tookMs: number
}

/** The people around the model. All that they do is done by `python/team.py`, with MLflow's own client. */
export interface Team {
  connect(url: string): Promise<void>
  train(recipe: Recipe, tags: Readonly<Record<string, string>>): Promise<Trained>
  tag(version: string, tags: Readonly<Record<string, string>>): Promise<void>
  /** Points the alias `candidate` to a version. */
  propose(version: string): Promise<void>
  /** The version that MLflow's client finds behind an alias. */
  versionOf(alias: string): Promise<string>
  /** Lets MLflow call a webhook for each change of the model. */
  subscribe(url: string, secret: string): Promise<void>
  /** Digits that no classifier was trained with. */
  requests(): Promise<{ readonly pixels: readonly (readonly number[])[]; readonly labels: readonly number[] }>
  leave(): Promise<void>
}

/** `folder` is where the team may put files. */
export function startTeam(python: string, folder: string): Team {
  const child = spawn(python, [join(import.meta.dirname, 'python/team.py'), folder], {
    cwd: folder,
    env: { ...process.env, ...pythonEnvironment, ...mlflowClient },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C reaches this program alone, which then ends the other one.
    detached: true,
  })
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints = `${complaints}${chunk}`.slice(-2000)
  })
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the team ended: ${complaints.trim().split('\n').slice(-5).join('\n')}`)
    return JSON.parse(value)
  }
  const call = async (name: string, args: object = {}): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify({ do: name, with: args })}\n`)
    const { result, error } = await answer()
    if (error !== undefined) throw new Error(`${name} failed: ${error}`)
    return result
  }
  let last: Promise<unknown> = Promise.resolve()
  const then = <Result>(name: string, args?: object): Promise<Result> => {
    const next = last.then(() => call(name, args))
    last = next.catch(() => {})
    return next as Promise<Result>
  }
  return {
    connect: (url) => then('connect', { url }),
    train: (recipe, tags) => then('train', { recipe, tags }),
    tag: (version, tags) => then('tag', { version, tags }),
    propose: (version) => then('propose', { version }),
    versionOf: (alias) => then('version_of', { alias }),
    subscribe: (url, secret) => then('subscribe', { url, secret }),
    requests: () => then('requests'),
    async leave() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** What MLflow's client does not need in a program: to tell how it is used, and to look for Git. */
export const mlflowClient: Readonly<Record<string, string>> = {
  MLFLOW_DISABLE_TELEMETRY: 'true',
  GIT_PYTHON_REFRESH: 'quiet',
}
