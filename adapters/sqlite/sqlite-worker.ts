/**
 * The thread in which a SQLite store works, so that no event loop waits for the disk. It serves one store. It
 * imports nothing of the package at run time, so that it starts quickly.
 */

import { parentPort, workerData } from 'node:worker_threads'
import { commitGroup, type GroupedRequest } from './group-commit.ts'
import { type OpenFile, openFile } from './open-file.ts'
import { noLimit, pageLimit } from './page-limit.ts'
import { close, type Reads, type Reply, type Request, type WorkerOptions } from './sqlite-calls.ts'
import { faultOf, isSpoiling } from './sqlite-codes.ts'
import { reads } from './worker-reads.ts'

/** A longer transaction would keep readers waiting. */
const mostInGroup = 256

const options = workerData as WorkerOptions
const waitingReads: Request[] = []
const waitingWrites: GroupedRequest[] = []
let limit = options.maxPages === undefined ? noLimit : pageLimit(options.path, options.maxPages)
let file: OpenFile | undefined
let due = false
let closing = false

function drop(): void {
  try {
    file?.db.close()
  } catch {
    // The connection is unusable and is never used again.
  }
  file = undefined
}

function opened(): OpenFile {
  if (file?.db.isOpen !== true) file = openFile(options)
  return file
}

function read({ id, name, ask }: Request): Reply {
  try {
    const answer = reads[name as keyof Reads] as (from: OpenFile, asked: typeof ask) => unknown
    return { id, answer: answer(opened(), ask) }
  } catch (error) {
    if (isSpoiling(error)) drop()
    return { id, fault: faultOf(error) }
  }
}

function write(group: readonly GroupedRequest[]): readonly Reply[] {
  try {
    return commitGroup(opened(), group, limit, drop)
  } catch (error) {
    return group.map(({ id }) => ({ id, fault: faultOf(error) }))
  }
}

/** Everything that came while the last commit was under way becomes the next transaction. */
function work(): void {
  due = false
  if (waitingReads.length > 0) parentPort?.postMessage(waitingReads.splice(0).map(read))
  if (waitingWrites.length > 0) parentPort?.postMessage(write(waitingWrites.splice(0, mostInGroup)))
  if (waitingWrites.length > 0) workSoon()
  else if (closing) end()
}

function workSoon(): void {
  if (!due) setImmediate(work)
  due = true
}

function end(): void {
  drop()
  parentPort?.close()
}

parentPort?.on('message', (message: readonly Request[] | typeof close) => {
  if (message === close) {
    closing = true
  } else {
    for (const request of message) {
      if (request.name === 'maxPages') {
        limit = pageLimit(options.path, request.ask)
        parentPort?.postMessage([{ id: request.id, answer: undefined }])
      } else if (request.name in reads) waitingReads.push(request)
      else waitingWrites.push(request as GroupedRequest)
    }
  }
  workSoon()
})
