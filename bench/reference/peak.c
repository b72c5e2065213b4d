/*
 * What one core can do at most: single-precision fused multiply-adds in registers, and a stream through memory. Prints
 * {"gflopPerS": …, "gbPerS": …}, the best of many rounds of milliseconds: whatever disturbs a round can only make it
 * slower, and on a busy machine too some are left alone.
 *
 *   cc -O3 -march=native peak.c -o peak && ./peak [numbers in each of two arrays]
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
enum { LANES = VECTOR_BYTES / sizeof(float), ROUNDS = 80, STEPS = 1000000, FLOPS_PER_STEP = 2 };

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Read from memory that the compiler must not know, so that it cannot compute the result beforehand. */
static volatile float factor_source = 0.999f, offset_source = 0.001f;
static volatile float sink;

/* Chains that do not depend on each other hide the latency of each: as many as registers hold. */
static double measure_gflop_per_s(void) {
  Vector factor, offset, chain[CHAINS];
  for (int lane = 0; lane < LANES; lane++) {
    factor[lane] = factor_source;
    offset[lane] = offset_source;
  }
  for (int i = 0; i < CHAINS; i++) chain[i] = offset * (float)i;
  double best = 0;
  for (int round = 0; round < ROUNDS; round++) {
    const double start_s = now_s();
    for (long step = 0; step < STEPS; step++) {
#pragma GCC unroll 24
      for (int i = 0; i < CHAINS; i++) chain[i] = chain[i] * factor + offset;
    }
    const double wall_s = now_s() - start_s;
    for (int i = 0; i < CHAINS; i++) sink = chain[i][0];
    const double rate = (double)FLOPS_PER_STEP * STEPS * CHAINS * LANES / wall_s / 1e9;
    if (rate > best) best = rate;
  }
  return best;
}

/* a = max(a, b): reads two numbers and writes one, as the streaming graph does, and writes where it has read. */
static double measure_gb_per_s(size_t length) {
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
  double best = 0;
  for (int round = 0; round < ROUNDS; round++) {
    const double start_s = now_s();
    for (size_t i = 0; i < length; i++) a[i] = a[i] > b[i] ? a[i] : b[i];
    const double wall_s = now_s() - start_s;
    sink = a[(size_t)round * 997 % length];
    const double rate = 3.0 * sizeof(float) * (double)length / wall_s / 1e9;
    if (rate > best) best = rate;
  }
  free(a);
  free(b);
  return best;
}

int main(int argc, char **argv) {
  const size_t wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : (size_t)1 << 24;
  const size_t length = (wanted < 1024 ? 1024 : wanted) / 16 * 16;
  const double gflop_per_s = measure_gflop_per_s();
  printf("{\"gflopPerS\": %.3f, \"gbPerS\": %.3f}\n", gflop_per_s, measure_gb_per_s(length));
  return 0;
}
