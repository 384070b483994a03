import type { KubernetesWords } from '../shared/kubernetes/kubernetes-client.ts'
import { kubernetesMeaning, statusIn } from '../shared/kubernetes/kubernetes-errors.ts'

export const kserveWords: KubernetesWords = {
  vendor: 'KServe',
  owner: 'kserveTarget',
  unavailable: 'target-unavailable',
  said: (reply) => statusIn(reply)?.message ?? undefined,
  meaning: (reply, said) => kubernetesMeaning(reply, said, 'KServe'),
}
