/* What an LSTM does element by element at one step, forward and backward; the products of matrices are torch's.

   compiled.py compiles it, once for REAL float and once for double. All arrays are rows of one sequence each, B of them:
   gates are B rows of i, f, g, o with H numbers each, all else B rows of H. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef DOUBLE
typedef double real;
typedef int64_t bits;
enum { MANTISSA = 52, BIAS = 1023, TERMS = 14 };
#define LIMIT 708.0
#define MAGIC 0x1.8p52
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW 0x1.a39ef35793c76p-33
#else
typedef float real;
typedef int32_t bits;
enum { MANTISSA = 23, BIAS = 127, TERMS = 8 };
#define LIMIT 87.0f
#define MAGIC 0x1.8p23f
#define LN2_HIGH 0x1.62e400p-1f
#define LN2_LOW 0x1.7f7d1cp-20f
#endif
#define LOG2E ((real)0x1.71547652b82fep0)

/* 1 / k! */
static const real SERIES[] = {
    1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800,
    1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200,
};

/* e^x - 1 = 2^n (e^r - 1) + (2^n - 1), where x = n ln 2 + r and e^r - 1 is its series: to 2 ulp, near 0 too, for x
   within LIMIT, and what it is there beyond. In plain arithmetic, so that a compiler can do several numbers at once. */
static inline real exp_minus_1(real x) {
    x = x > LIMIT ? LIMIT : x;
    x = x < -LIMIT ? -LIMIT : x;
    const real shifted = x * LOG2E + MAGIC; /* n stands in its last bits */
    const real n = shifted - MAGIC;
    const real r = (x - n * LN2_HIGH) - n * LN2_LOW;
    real sum = SERIES[TERMS];
    for (int k = TERMS - 1; k > 0; k--)
        sum = sum * r + SERIES[k];
    bits number;
    memcpy(&number, &shifted, sizeof number);
    number = (bits)((sizeof(real) == 4 ? (uint32_t)number << MANTISSA : (uint64_t)number << MANTISSA)) +
             ((bits)BIAS << MANTISSA);
    real power;
    memcpy(&power, &number, sizeof power);
    return power * (r * sum) + (power - 1);
}

static inline real sigmoid(real x) { return 1 / (2 + exp_minus_1(-x)); }

static inline real hyperbolic_tangent(real x) {
    const real e = exp_minus_1(2 * x);
    return e / (e + 2);
}

/* gates: W_ih x + W_hh h + b, which become what the gates are; before, after: c and c'; squashed: tanh(c'). */
void forward(real *restrict gates, const real *restrict before, real *restrict after, real *restrict squashed,
             real *restrict hidden, ptrdiff_t B, ptrdiff_t H) {
    for (ptrdiff_t row = 0; row < B; row++) {
        real *restrict i = gates + 4 * H * row, *restrict f = i + H, *restrict g = f + H, *restrict o = g + H;
        const ptrdiff_t at = H * row;
#pragma omp simd
        for (ptrdiff_t k = 0; k < H; k++) {
            i[k] = sigmoid(i[k]);
            f[k] = sigmoid(f[k]);
            g[k] = hyperbolic_tangent(g[k]);
            o[k] = sigmoid(o[k]);
            after[at + k] = f[k] * before[at + k] + i[k] * g[k];
            squashed[at + k] = hyperbolic_tangent(after[at + k]);
            hidden[at + k] = o[k] * squashed[at + k];
        }
    }
}

/* With d for a gradient: dc' += dh' o (1 - s^2); of the sums that the gates are squashed from, dc' g i (1 - i),
   dc' c f (1 - f), dc' i (1 - g^2), dh' s o (1 - o); dc = dc' f. by_cell holds dc' and then dc. */
void backward(const real *restrict gates, const real *restrict before, const real *restrict squashed,
              const real *restrict by_hidden, real *restrict by_cell, real *restrict by_gates, ptrdiff_t B,
              ptrdiff_t H) {
    for (ptrdiff_t row = 0; row < B; row++) {
        const real *restrict i = gates + 4 * H * row, *restrict f = i + H, *restrict g = f + H, *restrict o = g + H;
        real *restrict di = by_gates + 4 * H * row, *restrict df = di + H, *restrict dg = df + H, *restrict go = dg + H;
        const ptrdiff_t at = H * row;
#pragma omp simd
        for (ptrdiff_t k = 0; k < H; k++) {
            const real s = squashed[at + k], dh = by_hidden[at + k];
            const real dc = by_cell[at + k] + dh * o[k] * (1 - s * s);
            di[k] = dc * g[k] * i[k] * (1 - i[k]);
            df[k] = dc * before[at + k] * f[k] * (1 - f[k]);
            dg[k] = dc * i[k] * (1 - g[k] * g[k]);
            go[k] = dh * s * o[k] * (1 - o[k]);
            by_cell[at + k] = dc * f[k];
        }
    }
}
