/* Delays by the microsecond. */
#include "load.h"

#include <string.h>

void histogram_add(struct histogram *histogram, int64_t delay_ns) {
  uint64_t us = delay_ns <= 0 ? 0 : (uint64_t)delay_ns / 1000;
  if (us > histogram->max_us) histogram->max_us = us;
  histogram->cells[us < HISTOGRAM_CELLS ? us : HISTOGRAM_CELLS - 1] += 1;
  histogram->count += 1;
}

uint64_t histogram_quantile(const struct histogram *histogram, double fraction) {
  uint64_t wanted = (uint64_t)(fraction * (double)histogram->count);
  uint64_t seen = 0;
  if (wanted == 0) wanted = 1;
  for (size_t us = 0; us < HISTOGRAM_CELLS; us += 1) {
    seen += histogram->cells[us];
    if (seen >= wanted) return us == HISTOGRAM_CELLS - 1 ? histogram->max_us : us;
  }
  return 0;
}

void histogram_reset(struct histogram *histogram) {
  memset(histogram, 0, sizeof *histogram);
}
