/** Google Cloud Pub/Sub's gRPC services on disk, with push and BigQuery subscriptions. */
@NullMarked
package dev.sluice.emulators.pubsub;

import org.jspecify.annotations.NullMarked;
