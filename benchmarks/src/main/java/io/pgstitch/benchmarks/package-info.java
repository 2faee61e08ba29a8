/**
 * What {@code pgstitch bench} runs: what leaving pgstitch on costs, against what else one would
 * use. docs/performance.md says what each figure means.
 */
package io.pgstitch.benchmarks;
