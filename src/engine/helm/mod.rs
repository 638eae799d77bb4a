//! Helm 4.2: charts, values, rendering, and the order of manifests.
