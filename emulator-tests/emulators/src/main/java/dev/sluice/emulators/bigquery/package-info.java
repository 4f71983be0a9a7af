/** BigQuery's REST API (v2) and a declared subset of GoogleSQL, kept in one DuckDB file. */
@org.jspecify.annotations.NullMarked
package dev.sluice.emulators.bigquery;
