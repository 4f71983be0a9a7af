package dev.sluice.scenarios;

import dev.sluice.contracts.FunctionManifest;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class DeploymentTest {
  static List<Named<FunctionManifest>> manifests() throws Exception {
    return HouseTest.manifests();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("manifests")
  void print(FunctionManifest manifest) throws Exception {
    long t = System.nanoTime();
    CallGraph.edges(HouseTest.sluiceClasses(manifest), manifest.entryPoint())
        .forEach((k, v) -> System.out.println("EDGE " + manifest.name() + " " + k + " -> " + v));
    System.out.println("EDGE took " + (System.nanoTime() - t) / 1000000);
  }
}
