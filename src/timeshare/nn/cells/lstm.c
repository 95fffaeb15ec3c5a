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
enum { SHARED = 4096 }; /* numbers a state has, from which threads pay */
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

/* A step's arrays. */
struct step {
    real *gates;            /* forward: W_ih x + W_hh h + b, which become what the gates are */
    real *before, *after;   /* c and c' */
    real *squashed;         /* tanh(c') */
    real *hidden;           /* h' */
    real *arriving;         /* what joins the gradient of h', in rows at this distance; or NULL */
    ptrdiff_t distance;
    real *by_hidden;        /* the gradient of h' */
    real *by_cell;          /* that of c', which becomes that of c */
    real *by_gates;         /* those of what the gates are squashed from */
    ptrdiff_t B, H;
    void (*rows)(const struct step *, ptrdiff_t first, ptrdiff_t last);
};

static void forward_rows(const struct step *step, ptrdiff_t first, ptrdiff_t last) {
    const ptrdiff_t H = step->H;
    for (ptrdiff_t row = first; row < last; row++) {
        real *restrict i = step->gates + 4 * H * row, *restrict f = i + H, *restrict g = f + H, *restrict o = g + H;
        const real *restrict before = step->before + H * row;
        real *restrict after = step->after + H * row, *restrict squashed = step->squashed + H * row;
        real *restrict hidden = step->hidden + H * row;
#pragma omp simd
        for (ptrdiff_t k = 0; k < H; k++) {
            i[k] = sigmoid(i[k]);
            f[k] = sigmoid(f[k]);
            g[k] = hyperbolic_tangent(g[k]);
            o[k] = sigmoid(o[k]);
            after[k] = f[k] * before[k] + i[k] * g[k];
            squashed[k] = hyperbolic_tangent(after[k]);
            hidden[k] = o[k] * squashed[k];
        }
    }
}

/* With d for a gradient: dc' += dh' o (1 - s^2); of the sums that the gates are squashed from, dc' g i (1 - i),
   dc' c f (1 - f), dc' i (1 - g^2), dh' s o (1 - o); dc = dc' f. */
static void backward_rows(const struct step *step, ptrdiff_t first, ptrdiff_t last) {
    const ptrdiff_t H = step->H;
    for (ptrdiff_t row = first; row < last; row++) {
        const real *restrict i = step->gates + 4 * H * row, *restrict f = i + H, *restrict g = f + H, *restrict o = g + H;
        real *restrict di = step->by_gates + 4 * H * row, *restrict df = di + H, *restrict dg = df + H;
        real *restrict by_output = dg + H, *restrict by_cell = step->by_cell + H * row;
        const real *restrict before = step->before + H * row, *restrict squashed = step->squashed + H * row;
        real *restrict by_hidden = step->by_hidden + H * row;
        if (step->arriving) {
            const real *restrict arriving = step->arriving + step->distance * row;
            for (ptrdiff_t k = 0; k < H; k++)
                by_hidden[k] += arriving[k];
        }
#pragma omp simd
        for (ptrdiff_t k = 0; k < H; k++) {
            const real s = squashed[k], dh = by_hidden[k];
            const real dc = by_cell[k] + dh * o[k] * (1 - s * s);
            di[k] = dc * g[k] * i[k] * (1 - i[k]);
            df[k] = dc * before[k] * f[k] * (1 - f[k]);
            dg[k] = dc * i[k] * (1 - g[k] * g[k]);
            by_output[k] = dh * s * o[k] * (1 - o[k]);
            by_cell[k] = dc * f[k];
        }
    }
}

#ifdef __linux__
/* The threads are torch's, in the library that it has loaded; where that is another, one thread does all. */
extern void GOMP_parallel(void (*)(void *), void *, unsigned, unsigned) __attribute__((weak));
extern int omp_get_thread_num(void) __attribute__((weak));
extern int omp_get_num_threads(void) __attribute__((weak));

static void share(void *given) {
    const struct step *step = given;
    const ptrdiff_t place = omp_get_thread_num(), threads = omp_get_num_threads();
    step->rows(step, step->B * place / threads, step->B * (place + 1) / threads);
}
#endif

static void run(struct step step) {
#ifdef __linux__
    if (step.B * step.H >= SHARED && GOMP_parallel && omp_get_thread_num && omp_get_num_threads) {
        GOMP_parallel(share, &step, 0, 0);
        return;
    }
#endif
    step.rows(&step, 0, step.B);
}

void forward(real *gates, real *before, real *after, real *squashed, real *hidden, ptrdiff_t B, ptrdiff_t H) {
    run((struct step){.gates = gates, .before = before, .after = after, .squashed = squashed, .hidden = hidden, .B = B,
                      .H = H, .rows = forward_rows});
}

void backward(real *gates, real *before, real *squashed, real *arriving, ptrdiff_t distance, real *by_hidden,
              real *by_cell, real *by_gates, ptrdiff_t B, ptrdiff_t H) {
    run((struct step){.gates = gates, .before = before, .squashed = squashed, .arriving = arriving,
                      .distance = distance, .by_hidden = by_hidden, .by_cell = by_cell, .by_gates = by_gates, .B = B,
                      .H = H, .rows = backward_rows});
}
