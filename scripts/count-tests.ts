/**
 * Adds up the reports named on the command line and prints `tests: N passed, N failed, N skipped`. A report
 * is vitest's JSON, or `{ passed, failed, skipped }` from one of our own runners. Exits with 1 when a test
 * failed or when no test passed.
 */

import { readFileSync } from 'node:fs'

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
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

function countsOf(path: string): Counts {
  let report: VitestReport | Counts
  try {
    report = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    console.error(`${path}: ${error}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  if ('passed' in report) return report
  // A test file that could not be loaded has no failed tests in the report, so it counts as one failed test.
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
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
