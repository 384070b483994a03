import { Fault, type Json, type Operation, type SimulatedPart } from './sagemaker-simulator.ts'

/** A version of a model package group. */
export interface SimulatedPackage {
  readonly arn: string
  readonly version: number
  readonly input: Json
  readonly createdSeconds: number
  approval: string
  status: string
  metadata: Record<string, string>
}

export interface SimulatedGroup {
  readonly name: string
  readonly arn: string
  readonly tags: Map<string, string>
  readonly packages: SimulatedPackage[]
  /** Numbers are never given twice. */
  lastVersion: number
  readonly createdSeconds: number
}

export interface ModelPackages extends SimulatedPart {
  readonly operations: Readonly<Record<string, Operation>>
  readonly groups: ReadonlyMap<string, SimulatedGroup>
  /** The most entries of a page. */
  pageSize: number
  /** What UpdateModelPackage does with the metadata that a call leaves out. AWS does not say it. */
  leftOutMetadata: 'stays' | 'goes'
  /** How many reads of a new version do not find it yet. */
  hiddenReads: number
  /** The status of new versions. */
  newStatus: string
  /** Takes the place of the next number of a group, as another writer would. */
  skipNumber(group: string): void
  /** Makes a group where there is none, and a version of it. */
  put(group: string, more?: Json): SimulatedPackage
  group(name: string): SimulatedGroup
}

export const account = '123456789012'
const place = `arn:aws:sagemaker:eu-west-1:${account}`

/**
 * The model registry, with its oddities: lists are of packages without a group unless they are told otherwise, most
 * faults are a ValidationException, ARNs of versions are in small letters, and one token makes one version.
 */
export function modelPackages({ nowMs = Date.now }: { readonly nowMs?: () => number } = {}): ModelPackages {
  const groups = new Map<string, SimulatedGroup>()
  const tokens = new Map<string, { readonly arn: string; readonly input: string }>()
  const hidden = new Map<string, number>()

  const nowSeconds = (): number => nowMs() / 1000

  function groupOf(nameOrArn: unknown): SimulatedGroup {
    const name = String(nameOrArn).split('/').at(-1) ?? ''
    const found = groups.get(name) ?? [...groups.values()].find((each) => each.arn === nameOrArn)
    if (found !== undefined) return found
    throw Fault.validation(`ModelPackageGroup ${place}:model-package-group/${name} does not exist.`)
  }

  function packageOf(arn: unknown): SimulatedPackage {
    const packages = [...groups.values()].flatMap((group) => group.packages)
    const found = packages.find((each) => each.arn === arn)
    if (found === undefined) throw Fault.validation(`ModelPackage ${String(arn)} does not exist.`)
    return found
  }

  const ownerOf = (found: SimulatedPackage): SimulatedGroup =>
    [...groups.values()].find(({ packages }) => packages.includes(found)) as SimulatedGroup

  const taggedOf = (arn: unknown): SimulatedGroup => {
    const found = [...groups.values()].find((each) => each.arn === arn)
    if (found !== undefined) return found
    throw Fault.validation(`Could not find resource ${String(arn)}`)
  }

  function paged<Item>(
    items: readonly Item[],
    { NextToken, MaxResults = 10 }: Json,
  ): Json & { items: Item[] } {
    const from = Number(NextToken ?? 0)
    const size = Math.min(Number(MaxResults), self.pageSize)
    const to = from + size
    return { items: items.slice(from, to), ...(to < items.length && { NextToken: String(to) }) }
  }

  function listed(items: readonly SimulatedPackage[], { SortOrder }: Json): SimulatedPackage[] {
    const sorted = items.toSorted(
      (one, other) => one.createdSeconds - other.createdSeconds || one.version - other.version,
    )
    return SortOrder === 'Descending' ? sorted.reverse() : sorted
  }

  function create(input: Json): SimulatedPackage {
    const group = groupOf(input.ModelPackageGroupName)
    group.lastVersion += 1
    const made: SimulatedPackage = {
      arn: `${place}:model-package/${group.name.toLowerCase()}/${group.lastVersion}`,
      version: group.lastVersion,
      input,
      createdSeconds: nowSeconds(),
      approval: String(input.ModelApprovalStatus ?? 'PendingManualApproval'),
      status: self.newStatus,
      metadata: { ...(input.CustomerMetadataProperties as Record<string, string> | undefined) },
    }
    group.packages.push(made)
    hidden.set(made.arn, self.hiddenReads)
    return made
  }

  const facts = (each: SimulatedPackage): Json => ({
    ModelPackageGroupName: ownerOf(each).name,
    ModelPackageVersion: each.version,
    ModelPackageArn: each.arn,
    CreationTime: each.createdSeconds,
    ModelPackageStatus: each.status,
    ModelApprovalStatus: each.approval,
  })

  const groupFacts = ({ name, arn, createdSeconds }: SimulatedGroup): Json => ({
    ModelPackageGroupName: name,
    ModelPackageGroupArn: arn,
    CreationTime: createdSeconds,
    ModelPackageGroupStatus: 'Completed',
  })

  const operations: Record<string, Operation> = {
    CreateModelPackageGroup({ ModelPackageGroupName }) {
      const name = String(ModelPackageGroupName)
      const arn = `${place}:model-package-group/${name}`
      if (groups.has(name)) throw Fault.validation(`Model Package Group already exists: ${arn}`)
      const fresh = {
        tags: new Map<string, string>(),
        packages: [],
        lastVersion: 0,
        createdSeconds: nowSeconds(),
      }
      groups.set(name, { name, arn, ...fresh })
      return { ModelPackageGroupArn: arn }
    },
    DescribeModelPackageGroup: ({ ModelPackageGroupName }) => ({
      ...groupFacts(groupOf(ModelPackageGroupName)),
      CreatedBy: {},
    }),
    ListModelPackageGroups(input) {
      const { items, ...rest } = paged([...groups.values()], input)
      return { ModelPackageGroupSummaryList: items.map(groupFacts), ...rest }
    },
    CreateModelPackage({ ClientToken, ...input }) {
      const token = String(ClientToken)
      const written = JSON.stringify(input)
      const before = tokens.get(token)
      if (before !== undefined && before.input !== written) {
        throw Fault.validation(`ClientToken ${token} was used with other parameters`)
      }
      const { arn } = before ?? create(input)
      tokens.set(token, { arn, input: written })
      return { ModelPackageArn: arn }
    },
    DescribeModelPackage({ ModelPackageName }) {
      const arn = String(ModelPackageName)
      const reads = hidden.get(arn) ?? 0
      hidden.set(arn, reads - 1)
      if (reads > 0) throw Fault.validation(`ModelPackage ${arn} does not exist.`)
      const found = packageOf(arn)
      const { InferenceSpecification, MetadataProperties, SourceUri } = found.input
      return {
        ...facts(found),
        ModelPackageName: ownerOf(found).name,
        ModelPackageStatusDetails: { ValidationStatuses: [] },
        ...(InferenceSpecification !== undefined && { InferenceSpecification }),
        ...(MetadataProperties !== undefined && { MetadataProperties }),
        ...(SourceUri !== undefined && { SourceUri }),
        ...(Object.keys(found.metadata).length > 0 && { CustomerMetadataProperties: found.metadata }),
      }
    },
    ListModelPackages(input) {
      const { ModelPackageGroupName: group, ModelPackageType = 'Unversioned', ModelApprovalStatus } = input
      const all =
        group !== undefined
          ? groupOf(group).packages
          : ModelPackageType === 'Unversioned'
            ? []
            : [...groups.values()].flatMap(({ packages }) => packages)
      const wanted = all.filter(
        ({ approval }) => ModelApprovalStatus === undefined || approval === ModelApprovalStatus,
      )
      const { items, ...rest } = paged(listed(wanted, input), input)
      return { ModelPackageSummaryList: items.map(facts), ...rest }
    },
    UpdateModelPackage(input) {
      const found = packageOf(input.ModelPackageArn)
      if (input.ModelApprovalStatus !== undefined) found.approval = String(input.ModelApprovalStatus)
      const given = input.CustomerMetadataProperties as Record<string, string> | undefined
      const stays = self.leftOutMetadata === 'stays' ? found.metadata : {}
      if (given !== undefined) found.metadata = { ...stays, ...given }
      for (const key of (input.CustomerMetadataPropertiesToRemove ?? []) as string[])
        delete found.metadata[key]
      return { ModelPackageArn: found.arn }
    },
    DeleteModelPackage({ ModelPackageName }) {
      const found = packageOf(ModelPackageName)
      const { packages } = ownerOf(found)
      packages.splice(packages.indexOf(found), 1)
      return {}
    },
    ListTags(input) {
      const tags = [...taggedOf(input.ResourceArn).tags].map(([Key, Value]) => ({ Key, Value }))
      const { items, ...rest } = paged(tags, input)
      return { Tags: items, ...rest }
    },
    AddTags({ ResourceArn, Tags }) {
      const { tags } = taggedOf(ResourceArn)
      for (const { Key, Value } of Tags as readonly { Key: string; Value: string }[]) tags.set(Key, Value)
      if (tags.size > 50) throw Fault.validation('A resource has at most 50 tags.')
      return { Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) }
    },
    DeleteTags({ ResourceArn, TagKeys }) {
      for (const key of TagKeys as readonly string[]) taggedOf(ResourceArn).tags.delete(key)
      return {}
    },
  }

  const self: ModelPackages = {
    operations,
    groups,
    pageSize: 100,
    leftOutMetadata: 'stays',
    hiddenReads: 0,
    newStatus: 'Completed',
    group: groupOf,
    skipNumber(group) {
      groupOf(group).lastVersion += 1
    },
    put(group, more = {}) {
      if (!groups.has(group)) operations.CreateModelPackageGroup?.({ ModelPackageGroupName: group })
      const Containers = [{ Image: `${account}.dkr.ecr.eu-west-1.amazonaws.com/kit:1` }]
      return create({ ModelPackageGroupName: group, InferenceSpecification: { Containers }, ...more })
    },
  }
  return self
}
