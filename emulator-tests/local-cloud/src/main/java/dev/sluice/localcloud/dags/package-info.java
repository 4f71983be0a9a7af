/** What runs the DAGs of a local cloud: the embedded Composer, or real Airflow. */
@NullMarked
package dev.sluice.localcloud.dags;

import org.jspecify.annotations.NullMarked;
