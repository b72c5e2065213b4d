/*
 * What one core can do: single-precision fused multiply-adds in registers, and a stream through memory, in rounds of
 * milliseconds, by the time that the core spent on them: while somebody else has the core the clock stands. Prints
 * {"gflopPerS": …, "gbPerS": …, "medianGflopPerS": …, "medianGbPerS": …}: the best round (whatever disturbs a round can
 * only make it slower) and the middle one (to compare with the middle one of something else).
 *
 *   cc -O3 -march=native peak.c -o peak && ./peak [rounds, at most 80 [numbers in each of two arrays]]
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64, CHAINS = 24 };
#elif defined(__AVX__)
enum { VECTOR_BYTES = 32, CHAINS = 12 };
#elif defined(__aarch64__)
enum { VECTOR_BYTES = 16, CHAINS = 24 };
#else
enum { VECTOR_BYTES = 16, CHAINS = 12 };
#endif

typedef float Vector __attribute__((vector_size(VECTOR_BYTES)));
enum { LANES = VECTOR_BYTES / sizeof(float), ROUNDS_MAX = 80, STEPS = 1000000, FLOPS_PER_STEP = 2 };

typedef struct {
  double best, median;
} Rates;

static double cpu_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Read from memory that the compiler must not know, so that it cannot compute the result beforehand. */
static volatile float factor_source = 0.999f, offset_source = 0.001f;
static volatile float sink;

static int compare_rates(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static Rates summarise(double *rates, int rounds) {
  qsort(rates, (size_t)rounds, sizeof(double), compare_rates);
  return (Rates){.best = rates[rounds - 1], .median = (rates[(rounds - 1) / 2] + rates[rounds / 2]) / 2};
}

/* Chains that do not depend on each other hide the latency of each: as many as registers hold. */
static Rates measure_gflop_per_s(int rounds) {
  Vector factor, offset, chain[CHAINS];
  for (int lane = 0; lane < LANES; lane++) {
    factor[lane] = factor_source;
    offset[lane] = offset_source;
  }
  for (int i = 0; i < CHAINS; i++) chain[i] = offset * (float)i;
  double rates[ROUNDS_MAX];
  for (int round = 0; round < rounds; round++) {
    const double start_s = cpu_s();
    for (long step = 0; step < STEPS; step++) {
#pragma GCC unroll 24
      for (int i = 0; i < CHAINS; i++) chain[i] = chain[i] * factor + offset;
    }
    const double spent_s = cpu_s() - start_s;
    for (int i = 0; i < CHAINS; i++) sink = chain[i][0];
    rates[round] = (double)FLOPS_PER_STEP * STEPS * CHAINS * LANES / spent_s / 1e9;
  }
  return summarise(rates, rounds);
}

/* a = max(a, b): reads two numbers and writes one, as the streaming graph does, and writes where it has read. */
static Rates measure_gb_per_s(int rounds, size_t length) {
  float *a = aligned_alloc(64, length * sizeof(float));
  float *b = aligned_alloc(64, length * sizeof(float));
  if (a == NULL || b == NULL) {
    fprintf(stderr, "no memory for two arrays of %zu numbers\n", length);
    exit(1);
  }
  for (size_t i = 0; i < length; i++) {
    a[i] = offset_source;
    b[i] = factor_source * (float)(i & 7);
  }
  double rates[ROUNDS_MAX];
  for (int round = 0; round < rounds; round++) {
    const double start_s = cpu_s();
    for (size_t i = 0; i < length; i++) a[i] = a[i] > b[i] ? a[i] : b[i];
    const double spent_s = cpu_s() - start_s;
    sink = a[(size_t)round * 997 % length];
    rates[round] = 3.0 * sizeof(float) * (double)length / spent_s / 1e9;
  }
  free(a);
  free(b);
  return summarise(rates, rounds);
}

int main(int argc, char **argv) {
  const long wanted_rounds = argc > 1 ? strtol(argv[1], NULL, 10) : ROUNDS_MAX;
  const int rounds = wanted_rounds < 1 ? 1 : wanted_rounds > ROUNDS_MAX ? ROUNDS_MAX : (int)wanted_rounds;
  const size_t wanted = argc > 2 ? strtoull(argv[2], NULL, 10) : (size_t)1 << 24;
  const size_t length = (wanted < 1024 ? 1024 : wanted) / 16 * 16;
  const Rates gflop_per_s = measure_gflop_per_s(rounds);
  const Rates gb_per_s = measure_gb_per_s(rounds, length);
  printf("{\"gflopPerS\": %.3f, \"gbPerS\": %.3f, \"medianGflopPerS\": %.3f, \"medianGbPerS\": %.3f}\n", gflop_per_s.best,
         gb_per_s.best, gflop_per_s.median, gb_per_s.median);
  return 0;
}
