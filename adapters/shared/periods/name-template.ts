import { ModelspineError } from 'modelspine/adapter'
import type { GateLabels } from '../gate-questions.ts'

const variables = ['deployment', 'namespace', 'name', 'revision'] as const
type Variable = (typeof variables)[number]

/** A text in which `{deployment}`, `{namespace}`, `{name}` and `{revision}` stand for what a gate asks about. */
export interface NameTemplate {
  readonly uses: ReadonlySet<Variable>
  render(labels: GateLabels): string
}

/** Read once: no value can become a variable. Throws `invalid-options` for a brace that belongs to no variable. */
export function nameTemplate(text: string, field: string): NameTemplate {
  const pieces = text.split(/\{([^{}]*)\}/)
  const names = pieces.filter((_, place) => place % 2 === 1)
  const unknown = names.find((name) => !isVariable(name))
  if (unknown !== undefined || pieces.some((piece, place) => place % 2 === 0 && /[{}]/.test(piece))) {
    const known = variables.map((name) => `{${name}}`).join(', ')
    throw new ModelspineError('invalid-options', `${field} is "${text}": the variables are ${known}`)
  }
  return {
    uses: new Set(names.filter(isVariable)),
    render(labels) {
      const values = valuesOf(labels)
      return pieces.map((piece, place) => (place % 2 === 1 ? values[piece as Variable] : piece)).join('')
    },
  }
}

/** A name that the app makes by itself. It counts as using all variables, because no text tells which it uses. */
export function ofFunction(render: (labels: GateLabels) => string): NameTemplate {
  return { uses: new Set(variables), render }
}

function isVariable(name: string): name is Variable {
  return variables.some((each) => each === name)
}

function valuesOf({ deployment, revision }: GateLabels): Readonly<Record<Variable, string>> {
  const [namespace = '', name = ''] = deployment.split('/')
  return { deployment, namespace, name, revision }
}
