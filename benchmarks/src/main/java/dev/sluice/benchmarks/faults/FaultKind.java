package dev.sluice.benchmarks.faults;

/** What goes wrong, in the order of the table. */
enum FaultKind {
  UNIT("unit or currency in one group"),
  NULLS("nulls from a row on"),
  CONVENTION("numbering convention"),
  SWAPPED("swapped columns"),
  DUPLICATED("duplicated rows"),
  TRUNCATED("truncated file"),
  NEW_CATEGORY("new category"),
  VANISHED("vanished category"),
  CLOCK("shifted clock"),
  STUCK("stuck value"),
  LABEL_FLIP("label flip"),
  ENCODING("encoding damage"),
  DRIFT("slow drift"),
  CLEAN("clean");

  private final String title;

  FaultKind(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
