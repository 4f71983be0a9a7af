/** Tests of the table and view files that Terraform and the BigQuery emulator share. */
@NullMarked
package dev.sluice.emulators.tables;

import org.jspecify.annotations.NullMarked;
