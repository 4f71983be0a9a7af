/** Google Cloud Storage's JSON API on disk, and Eventarc's delivery of its events. */
@NullMarked
package dev.sluice.emulators.storage;

import org.jspecify.annotations.NullMarked;
