/** The local Composer: Airflow's stable REST API over a stepper for the derived DAG. */
@NullMarked
package dev.sluice.emulators.composer;

import org.jspecify.annotations.NullMarked;
