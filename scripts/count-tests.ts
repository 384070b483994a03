/**
 * Adds up the reports named on the command line and prints `tests: N passed, N failed, N skipped`, after a line for each
 * test that failed. A report is vitest's JSON, or `{ passed, failed, skipped }` from one of our own runners. Exits with
 * 1 when a test failed or when no test passed.
 */

import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly FileResult[]
}

interface FileResult {
  readonly name: string
  readonly status: string
  readonly message: string
  readonly assertionResults: readonly TestResult[]
}

interface TestResult {
  readonly status: string
  readonly fullName: string
  readonly failureMessages: readonly string[]
}

function countsOf(path: string): Counts {
  let report: VitestReport | Counts
  try {
    report = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    console.error(`${path}: ${error}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  if ('passed' in report) {
    if (report.failed > 0) console.log(`failed: ${report.failed} in ${path}`)
    return report
  }
  // A test file that could not be loaded has no failed tests in the report, so it counts as one failed test.
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  for (const { name, message } of unloaded) tellFailure(relative('.', name), message)
  for (const { name, assertionResults } of report.testResults) {
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status === 'failed') tellFailure(`${relative('.', name)}: ${fullName}`, failureMessages.join('\n'))
    }
  }
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** The head of a message says what was expected. What follows is the output of a whole process at times. */
const mostLines = 12

function tellFailure(test: string, message: string): void {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => !line.includes('node_modules'))
  const head = lines.slice(0, mostLines).map((line) => `  ${line.slice(0, 300)}`)
  console.log([`failed: ${test}`, ...head].join('\n'))
}

const total = { passed: 0, failed: 0, skipped: 0 }
for (const path of process.argv.slice(2)) {
  const counts = countsOf(path)
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
}
console.log(`tests: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
if (total.failed > 0 || total.passed === 0) process.exitCode = 1
