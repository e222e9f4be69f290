// The conflict index of packages/geo4d in plain C++: the limit that the benchmarks divide by.
// Same cells, buckets, postings, lines and geometry, in one thread; large queries take no shortcut through whole plans.
//
//   strategic STORE QUERIES WARMUP
//
// STORE and QUERIES are workloads as bench writes them. Prints one line of JSON after building and one for each line read
// from standard input, after which all queries have run once more.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

using std::vector;
static const double RAD = M_PI / 180, WGS_A = 6378137, WGS_F = 1 / 298.257223563, E2 = WGS_F * (2 - WGS_F);
static const double TOUCH = 1e-6;

struct Workload {
  int plans = 0, volumes = 0, points = 0;
  vector<int32_t> planStart, pointStart;
  vector<double> start, end, lower, upper, radius, degrees;
};

template <class T> static void take(FILE* f, vector<T>& v, size_t n) {
  v.resize(n);
  if (fread(v.data(), sizeof(T), n, f) != n) { fprintf(stderr, "workload cut short\n"); exit(2); }
}

static Workload load(const char* path) {
  FILE* f = fopen(path, "rb");
  if (!f) { fprintf(stderr, "cannot open %s\n", path); exit(2); }
  Workload w;
  vector<int32_t> head;
  take(f, head, 4);
  w.plans = head[1]; w.volumes = head[2]; w.points = head[3];
  take(f, w.planStart, w.plans + 1);
  take(f, w.pointStart, w.volumes + 1);
  take(f, w.start, w.volumes); take(f, w.end, w.volumes);
  take(f, w.lower, w.volumes); take(f, w.upper, w.volumes);
  take(f, w.radius, w.volumes); take(f, w.degrees, 2 * (size_t)w.points);
  fclose(f);
  return w;
}

// ---- one volume in memory: 32 bytes of header, 8 a vertex -------------------------------------------------------------------
struct Line {
  double start;
  uint32_t duration;
  int32_t lower, upper, slot, origin, shape;  // shape: circle bit, number of vertices above
};
static vector<int64_t> pool;
static inline Line* lineAt(uint32_t unit) { return (Line*)&pool[unit]; }
static inline int32_t* offsetsOf(Line* l) { return (int32_t*)(l + 1); }

static int degreesOf(Line* l, double* out) {
  int n = (l->shape & 1) ? 1 : l->shape >> 1;
  double lat = ((l->origin >> 16) - 9000) * 1e7, lng = ((l->origin & 0xffff) - 18000) * 1e7;
  int32_t* o = offsetsOf(l);
  for (int k = 0; k < 2 * n; k += 2) { out[k] = (lat + o[k]) / 1e9; out[k + 1] = (lng + o[k + 1]) / 1e9; }
  return n;
}
static double tenthsBelow(double m) { double t = std::round(m * 1e4); return t / 1e4 <= m ? t : t - 1; }

static uint32_t writeLine(const Workload& w, int v, int slot, vector<int64_t>& to) {
  int from = w.pointStart[v], n = w.pointStart[v + 1] - from;
  bool circle = w.radius[v] > 0;
  uint32_t unit = to.size();
  to.resize(unit + 4 + (circle ? 2 : n));
  Line* l = (Line*)&to[unit];
  const double* d = &w.degrees[2 * (size_t)from];
  double oLat = std::round(std::round(d[0] * 1e9) / 1e7), oLng = std::round(std::round(d[1] * 1e9) / 1e7);
  l->start = std::floor(w.start[v]);
  l->duration = (uint32_t)(std::ceil(w.end[v]) - l->start);
  l->lower = (int32_t)tenthsBelow(w.lower[v]);
  l->upper = (int32_t)-tenthsBelow(-w.upper[v]);
  l->slot = slot;
  l->origin = ((int)(oLat + 9000) << 16) | (int)(oLng + 18000);
  l->shape = (n << 1) | (circle ? 1 : 0);
  int32_t* o = offsetsOf(l);
  for (int k = 0; k < n; k++) {
    o[2 * k] = (int32_t)(std::round(d[2 * k] * 1e9) - oLat * 1e7);
    o[2 * k + 1] = (int32_t)(std::round(d[2 * k + 1] * 1e9) - oLng * 1e7);
  }
  if (circle) { o[2] = (int32_t)-tenthsBelow(-w.radius[v]); o[3] = 0; }
  return unit;
}
static inline double radiusOf(Line* l) { return offsetsOf(l)[2] / 1e4; }

// ---- footprint on the cube -------------------------------------------------------------------------------------------------
struct Box { int face, i0, i1, j0, j1; };
struct Footprint {
  Box box[6];
  int faces = 0, cls = 0, ring = 0;
  double pad = 0, u[64], v[64];
};
static const int CELL_BITS = 7;
static inline int fineShift(int cls) { return 2 + 3 * cls; }
static inline int stepOf(double u) {
  double s = u >= 0 ? 0.5 * std::sqrt(1 + 3 * u) : 1 - 0.5 * std::sqrt(1 - 3 * u);
  int k = (int)std::floor(s * (1 << 20));
  return std::min(std::max(k, 0), (1 << 20) - 1);
}
static inline double planeOf(double s) { return s >= 0.5 ? (4 * s * s - 1) / 3 : (1 - 4 * (1 - s) * (1 - s)) / 3; }
static inline void toFace(const double* p, int face, double& u, double& v, double& w) {
  double x = p[0], y = p[1], z = p[2];
  switch (face) {
    case 0: w = x; u = y / w; v = z / w; break;
    case 1: w = y; u = -x / w; v = z / w; break;
    case 2: w = z; u = -x / w; v = -y / w; break;
    case 3: w = -x; u = -z / w; v = -y / w; break;
    case 4: w = -y; u = -z / w; v = x / w; break;
    default: w = -z; u = y / w; v = x / w;
  }
}
static inline int faceOf(const double* p) {
  double ax = std::fabs(p[0]), ay = std::fabs(p[1]), az = std::fabs(p[2]);
  if (ax >= ay && ax >= az) return p[0] >= 0 ? 0 : 3;
  if (ay >= az) return p[1] >= 0 ? 1 : 4;
  return p[2] >= 0 ? 2 : 5;
}
static void sinCosNear(double s0, double c0, double d, double& s, double& c) {
  double d2 = d * d, sd = d * (1 - d2 * (1. / 6 - d2 / 120)), cd = 1 - d2 * (0.5 - d2 / 24);
  s = s0 * cd + c0 * sd;
  c = c0 * cd - s0 * sd;
}
static void cover(const double* deg, int n, double radius, Footprint& f) {
  static vector<double> xyz;
  xyz.resize(3 * (size_t)n);
  double sLat = std::sin(deg[0] * RAD), cLat = std::cos(deg[0] * RAD), sLng = std::sin(deg[1] * RAD), cLng = std::cos(deg[1] * RAD);
  for (int k = 0; k < n; k++) {
    double dp = (deg[2 * k] - deg[0]) * RAD, dl = (deg[2 * k + 1] - deg[1]) * RAD, sp, cp, sl, cl;
    if (std::fabs(dp) < 0.0195 && std::fabs(dl) < 0.0195) { sinCosNear(sLat, cLat, dp, sp, cp); sinCosNear(sLng, cLng, dl, sl, cl); }
    else { sp = std::sin(deg[2 * k] * RAD); cp = std::cos(deg[2 * k] * RAD); sl = std::sin(deg[2 * k + 1] * RAD); cl = std::cos(deg[2 * k + 1] * RAD); }
    xyz[3 * k] = cp * cl; xyz[3 * k + 1] = cp * sl; xyz[3 * k + 2] = sp;
  }
  int home = faceOf(&xyz[0]);
  f.faces = 0; f.ring = 0;
  double arc = radius > 0 ? radius / 6335439.3 + 2e-9 : 0;
  for (int pass = 0; pass < 2 && f.faces == 0; pass++) {
    for (int face = 0; face < 6; face++) {
      if (pass == 0 && face != home) continue;
      double u0 = 1e9, u1 = -1e9, v0 = 1e9, v1 = -1e9, least = 1;
      for (int k = 0; k < n; k++) {
        double u, v, w;
        toFace(&xyz[3 * k], face, u, v, w);
        least = std::min(least, w);
        u0 = std::min(u0, u); u1 = std::max(u1, u); v0 = std::min(v0, v); v1 = std::max(v1, v);
        if (pass == 0 && n <= 32) { f.u[k] = u; f.v[k] = v; }
      }
      if (least < 0.3) continue;
      double extent = u1 - u0 + v1 - v0;
      double pad = 6e-9 + 3e-3 * extent * extent + (1 + u1 * u1 + u0 * u0 + v1 * v1 + v0 * v0) * (1 + 8 * arc) * arc;
      u0 -= pad; u1 += pad; v0 -= pad; v1 += pad;
      if (pass == 0) {
        if (u0 < -1 || u1 > 1 || v0 < -1 || v1 > 1) break;
        f.pad = pad;
        f.ring = n <= 32 && radius == 0 ? n : 0;
      } else if (u0 > 1 || u1 < -1 || v0 > 1 || v1 < -1) continue;
      f.box[f.faces++] = {face, stepOf(u0), stepOf(u1), stepOf(v0), stepOf(v1)};
    }
  }
  f.cls = 0;
  for (int b = 0; b < f.faces; b++)
    for (; f.cls < 3; f.cls++) {
      int s = CELL_BITS + fineShift(f.cls);
      if ((f.box[b].i1 >> s) - (f.box[b].i0 >> s) < 3 && (f.box[b].j1 >> s) - (f.box[b].j0 >> s) < 3) break;
    }
}
static bool touches(const Footprint& f, int b, int cls, int i, int j) {
  if (!f.ring) return true;
  int s = CELL_BITS + fineShift(cls);
  const Box& x = f.box[b];
  if (x.i0 >> s == x.i1 >> s || x.j0 >> s == x.j1 >> s) return true;
  double size = (double)(1 << s) / (1 << 20);
  double uL = planeOf(i * size) - f.pad, uH = planeOf((i + 1) * size) + f.pad, vL = planeOf(j * size) - f.pad, vH = planeOf((j + 1) * size) + f.pad;
  double um = (uL + uH) / 2, vm = (vL + vH) / 2, uh = (uH - uL) / 2, vh = (vH - vL) / 2;
  bool in = false;
  double a0 = f.u[f.ring - 1], b0 = f.v[f.ring - 1];
  for (int k = 0; k < f.ring; k++) {
    double a1 = f.u[k], b1 = f.v[k];
    if (!((a0 < uL && a1 < uL) || (a0 > uH && a1 > uH) || (b0 < vL && b1 < vL) || (b0 > vH && b1 > vH))) {
      double du = a1 - a0, dv = b1 - b0;
      if (std::fabs(du * (vm - b0) - dv * (um - a0)) <= std::fabs(du) * vh + std::fabs(dv) * uh) return true;
    }
    if ((b0 > vm) != (b1 > vm) && um < a0 + (vm - b0) * (a1 - a0) / (b1 - b0)) in = !in;
    a0 = a1; b0 = b1;
  }
  return in;
}

// ---- postings --------------------------------------------------------------------------------------------------------------
struct Posting { uint32_t low, high, ref; };
// Class 0 is an empty entry, else the list holds up to 2^(cls - 1) postings.
struct Entry { uint32_t a, b, at, count : 26, cls : 6; };
static vector<Entry> table;
static size_t tableUsed = 0;
static vector<Posting> postings;
static vector<uint32_t> freeLists[32];
static inline uint32_t mix(uint32_t a, uint32_t b) {
  uint32_t h = a * 0x9e3779b1u ^ b * 0x85ebca77u;
  h ^= h >> 15; h *= 0x2c1b3c6du; h ^= h >> 13; h *= 0x297a2d39u;
  return h ^ (h >> 15);
}
static inline size_t slotOf(uint32_t a, uint32_t b) {
  size_t mask = table.size() - 1, at = mix(a, b) & mask & ~(size_t)3;
  while (table[at].cls && (table[at].a != a || table[at].b != b)) at = (at + 1) & mask;
  return at;
}
static uint32_t listOf(int cls) {
  if (!freeLists[cls].empty()) { uint32_t at = freeLists[cls].back(); freeLists[cls].pop_back(); return at; }
  uint32_t at = postings.size();
  postings.resize(at + ((size_t)1 << cls));
  return at;
}
static void add(uint32_t a, uint32_t b, Posting p) {
  if (tableUsed * 10 >= table.size() * 6) {
    vector<Entry> old(std::max<size_t>(1024, table.size() * 2));
    old.swap(table);
    for (auto& e : old) if (e.cls) table[slotOf(e.a, e.b)] = e;
  }
  Entry& e = table[slotOf(a, b)];
  if (!e.cls) { e = {a, b, listOf(0), 0, 1}; tableUsed++; }
  if (e.count == 1u << (e.cls - 1)) {
    uint32_t to = listOf(e.cls);
    memcpy(&postings[to], &postings[e.at], e.count * sizeof(Posting));
    freeLists[e.cls - 1].push_back(e.at);
    e.at = to;
    e.cls++;
  }
  postings[e.at + e.count++] = p;
}
static const double BUCKET[3] = {1800e3, 7200e3, 28800e3};
static inline uint32_t heightStep(double h) {
  if (h < 800) return h < -100 ? 0 : 1 + (uint32_t)std::floor((h + 100) / 10);
  if (h < 2000) return 91 + (uint32_t)((h - 800) / 60);
  if (h < 10000) return 111 + (uint32_t)((h - 2000) / 600);
  return h < 20000 ? 125 : h < 60000 ? 126 : 127;
}
// Visits every (cell, bucket) of a footprint in one class with the corner bytes of its box there.
template <class F> static void visit(const Footprint& f, int cls, double start, double end, double lower, double upper, F go) {
  int64_t t0 = (int64_t)std::floor(start * (128 / BUCKET[cls])), t1 = (int64_t)std::floor(end * (128 / BUCKET[cls]));
  int b0 = t0 >> 7, b1 = t1 >> 7, fine = fineShift(cls), s = CELL_BITS + fine;
  uint32_t h0 = heightStep(lower) << 24, h1 = heightStep(upper) << 24;
  for (int k = 0; k < f.faces; k++) {
    const Box& x = f.box[k];
    int iA = x.i0 >> s, iB = x.i1 >> s, jA = x.j0 >> s, jB = x.j1 >> s;
    for (int i = iA; i <= iB; i++)
      for (int j = jA; j <= jB; j++) {
        if (!touches(f, k, cls, i, j)) continue;
        uint32_t low = (i == iA ? (x.i0 >> fine) & 127 : 0) | (j == jA ? (x.j0 >> fine) & 127 : 0) << 8 | h0;
        uint32_t high = (i == iB ? (x.i1 >> fine) & 127 : 127) | (j == jB ? (x.j1 >> fine) & 127 : 127) << 8 | h1;
        uint32_t a = (uint32_t)cls << 29 | x.face << 26 | i << 13 | j;
        for (int b = b0; b <= b1; b++)
          go(a, (uint32_t)b, low | (uint32_t)(b == b0 ? t0 & 127 : 0) << 16, high | (uint32_t)(b == b1 ? t1 & 127 : 127) << 16);
      }
  }
}

// ---- exact geometry --------------------------------------------------------------------------------------------------------
struct Frame { double lat, lng, sLat, cLat, R, axis, z; };
static void moveFrame(Frame& f, double lat, double lng) {
  f.lat = lat; f.lng = lng; f.sLat = std::sin(lat * RAD); f.cLat = std::cos(lat * RAD);
  double w2 = 1 - E2 * f.sLat * f.sLat, N = WGS_A / std::sqrt(w2);
  f.R = WGS_A * std::sqrt(1 - E2) / w2; f.axis = N * f.cLat; f.z = N * (1 - E2) * f.sLat;
}
static void project(const Frame& f, const double* deg, int n, double* out) {
  for (int k = 0; k < 2 * n; k += 2) {
    double l = (deg[k + 1] - f.lng) * RAD, p = (deg[k] - f.lat) * RAD, sp, cp, sl, cl;
    if (std::fabs(p) < 0.0195 && std::fabs(l) < 0.0195) {
      double p2 = p * p, l2 = l * l, sd = p * (1 - p2 * (1. / 6 - p2 / 120)), vs = p2 * (0.5 - p2 * (1. / 24 - p2 / 720));
      sp = f.sLat + (f.cLat * sd - f.sLat * vs); cp = f.cLat - (f.sLat * sd + f.cLat * vs);
      sl = l * (1 - l2 * (1. / 6 - l2 / 120)); cl = 1 - l2 * (0.5 - l2 * (1. / 24 - l2 / 720));
    } else { sp = std::sin(deg[k] * RAD); cp = std::cos(deg[k] * RAD); sl = std::sin(l); cl = std::cos(l); }
    double N = WGS_A / std::sqrt(1 - E2 * sp * sp), ax = N * cp, o = ax * cl - f.axis, dz = N * (1 - E2) * sp - f.z;
    double s = f.R / (f.R + f.cLat * o + f.sLat * dz);
    out[k] = ax * sl * s; out[k + 1] = (f.cLat * dz - f.sLat * o) * s;
  }
}
static double distance2(double x, double y, double x0, double y0, double x1, double y1) {
  double dx = x1 - x0, dy = y1 - y0, px = x - x0, py = y - y0, t = px * dx + py * dy, L = dx * dx + dy * dy;
  if (t <= 0 || L == 0) return px * px + py * py;
  if (t >= L) { px = x - x1; py = y - y1; return px * px + py * py; }
  double c = px * dy - py * dx;
  return c * c / L;
}
static bool inside(const double* r, int n, double x, double y) {
  bool in = false;
  double x0 = r[2 * n - 2], y0 = r[2 * n - 1];
  for (int k = 0; k < 2 * n; k += 2) {
    double x1 = r[k], y1 = r[k + 1];
    if ((y0 > y) != (y1 > y) && x < x0 + (y - y0) * (x1 - x0) / (y1 - y0)) in = !in;
    x0 = x1; y0 = y1;
  }
  return in;
}
static bool segmentsMeet(double ax, double ay, double bx, double by, double cx, double cy, double dx, double dy) {
  double a = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx), b = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx);
  double c = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax), d = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax);
  double nearAB = TOUCH * (std::fabs(dx - cx) + std::fabs(dy - cy)), nearCD = TOUCH * (std::fabs(bx - ax) + std::fabs(by - ay));
  if ((a > nearAB && b > nearAB) || (a < -nearAB && b < -nearAB) || (c > nearCD && d > nearCD) || (c < -nearCD && d < -nearCD)) return false;
  if ((a > 0) != (b > 0) && (c > 0) != (d > 0)) return true;
  double lim = TOUCH * TOUCH;
  return distance2(ax, ay, cx, cy, dx, dy) <= lim || distance2(bx, by, cx, cy, dx, dy) <= lim || distance2(cx, cy, ax, ay, bx, by) <= lim || distance2(dx, dy, ax, ay, bx, by) <= lim;
}
static bool ringsMeet(const double* a, int an, const double* b, int bn) {
  double x0 = 1e18, x1 = -1e18, y0 = 1e18, y1 = -1e18;
  for (int k = 0; k < 2 * bn; k += 2) { x0 = std::min(x0, b[k]); x1 = std::max(x1, b[k]); y0 = std::min(y0, b[k + 1]); y1 = std::max(y1, b[k + 1]); }
  x0 -= TOUCH; x1 += TOUCH; y0 -= TOUCH; y1 += TOUCH;
  int all = 15;
  for (int k = 0; k < 2 * an && all; k += 2) all &= (a[k] < x0) | (a[k] > x1) << 1 | (a[k + 1] < y0) << 2 | (a[k + 1] > y1) << 3;
  if (all) return false;
  for (int i = 0, p = an - 1; i < an; p = i++) {
    double ax = a[2 * p], ay = a[2 * p + 1], bx = a[2 * i], by = a[2 * i + 1];
    if ((ax < x0 && bx < x0) || (ax > x1 && bx > x1) || (ay < y0 && by < y0) || (ay > y1 && by > y1)) continue;
    for (int j = 0, q = bn - 1; j < bn; q = j++)
      if (segmentsMeet(ax, ay, bx, by, b[2 * q], b[2 * q + 1], b[2 * j], b[2 * j + 1])) return true;
  }
  return inside(a, an, b[0], b[1]) || inside(b, bn, a[0], a[1]);
}
static bool ringMeetsDisc(const Frame& f, const double* r, int n, double radius) {
  if (inside(r, n, 0, 0)) return true;
  double best = 1e30;
  for (int i = 0, p = n - 1; i < n; p = i++) best = std::min(best, distance2(0, 0, r[2 * p], r[2 * p + 1], r[2 * i], r[2 * i + 1]));
  return f.R * std::atan(std::sqrt(best) / f.R) <= radius + TOUCH;
}
static bool centresWithin(const double* a, const double* b, double reach) {
  double p[2][3];
  for (int k = 0; k < 2; k++) {
    const double* d = k ? b : a;
    double s = std::sin(d[0] * RAD), N = WGS_A / std::sqrt(1 - E2 * s * s), c = N * std::cos(d[0] * RAD);
    p[k][0] = c * std::cos(d[1] * RAD); p[k][1] = c * std::sin(d[1] * RAD); p[k][2] = N * (1 - E2) * s;
  }
  double chord = std::sqrt((p[0][0] - p[1][0]) * (p[0][0] - p[1][0]) + (p[0][1] - p[1][1]) * (p[0][1] - p[1][1]) + (p[0][2] - p[1][2]) * (p[0][2] - p[1][2]));
  return chord * (1 + chord * chord / (24 * 6371000. * 6371000.)) <= reach + TOUCH;
}

int main(int argc, char** argv) {
  if (argc < 4) { fprintf(stderr, "usage: strategic STORE QUERIES WARMUP\n"); return 2; }
  typedef std::chrono::steady_clock Clock;
  auto since = [](Clock::time_point t) { return std::chrono::duration<double, std::micro>(Clock::now() - t).count(); };
  Workload store = load(argv[1]), asked = load(argv[2]);
  int warmup = atoi(argv[3]);
  static Footprint f;
  vector<double> deg(1 << 16), plane(1 << 16), qdeg(1 << 16), qplane(1 << 16);
  auto built = Clock::now();
  for (int s = 0; s < store.plans; s++)
    for (int v = store.planStart[s]; v < store.planStart[s + 1]; v++) {
      uint32_t unit = writeLine(store, v, s, pool);
      Line* l = lineAt(unit);
      int n = degreesOf(l, deg.data());
      cover(deg.data(), n, (l->shape & 1) ? radiusOf(l) : 0, f);
      visit(f, f.cls, l->start, l->start + l->duration, l->lower / 1e4, l->upper / 1e4,
            [&](uint32_t a, uint32_t b, uint32_t low, uint32_t high) { add(a, b, {low, high, unit}); });
    }
  printf("{\"insertUs\":%.3f}\n", since(built) / store.plans);
  fflush(stdout);
  vector<int64_t> lines;
  vector<vector<std::pair<uint32_t, int>>> starts(1);
  vector<uint32_t> seen(store.plans, 0), mark, candidates;
  vector<uint32_t> setKey(1 << 20), setRound(1 << 20, 0);
  uint32_t round = 0, stamp = 0;
  char order[64];
  while (fgets(order, sizeof order, stdin)) {
    vector<double> us;
    long hits = 0, counted = 0;
    double total = 0;
    for (int p = 0; p < asked.plans; p++) {
      auto began = Clock::now();
      long found = 0;
      stamp++;
      lines.clear();
      for (int v = asked.planStart[p]; v < asked.planStart[p + 1]; v++) {
        uint32_t unit = writeLine(asked, v, 0, lines);
        Line* q = (Line*)&lines[unit];
        double oLat = ((q->origin >> 16) - 9000) * 1e7, oLng = ((q->origin & 0xffff) - 18000) * 1e7;
        bool circle = q->shape & 1;
        int n = circle ? 1 : q->shape >> 1;
        int32_t* o = offsetsOf(q);
        for (int k = 0; k < 2 * n; k += 2) { qdeg[k] = (oLat + o[k]) / 1e9; qdeg[k + 1] = (oLng + o[k + 1]) / 1e9; }
        double radius = circle ? radiusOf(q) : 0, end = q->start + q->duration;
        cover(qdeg.data(), n, radius, f);
        candidates.clear();
        for (int cls = 0; cls < 3; cls++)
          visit(f, cls, q->start, end, q->lower / 1e4, q->upper / 1e4, [&](uint32_t a, uint32_t b, uint32_t low, uint32_t high) {
            Entry& e = table[slotOf(a, b)];
            const Posting* x = &postings[e.at];
            const uint32_t H = 0x80808080u;
            for (int k = 0; k < e.count; k++)
              if ((((high | H) - x[k].low) & ((x[k].high | H) - low) & H) == H) candidates.push_back(x[k].ref);
          });
        round++;
        size_t kept = 0, mask = setKey.size() - 1;
        for (uint32_t c : candidates) {
          size_t at = (c * 0x9e3779b1u >> 8) & mask;
          while (setRound[at] == round && setKey[at] != c) at = (at + 1) & mask;
          if (setRound[at] == round) continue;
          setRound[at] = round; setKey[at] = c;
          Line* l = lineAt(c);
          if (seen[l->slot] == stamp || l->start > end || l->start + l->duration < q->start || l->lower > q->upper || l->upper < q->lower) continue;
          candidates[kept++] = c;
        }
        Frame frame;
        if (kept) { moveFrame(frame, qdeg[0], qdeg[1]); if (!circle) project(frame, qdeg.data(), n, qplane.data()); }
        for (size_t k = 0; k < kept; k++) {
          Line* l = lineAt(candidates[k]);
          if (seen[l->slot] == stamp) continue;
          int m = degreesOf(l, deg.data());
          bool meets;
          if (l->shape & 1) {
            if (circle) meets = centresWithin(qdeg.data(), deg.data(), radius + radiusOf(l));
            else { Frame g; moveFrame(g, deg[0], deg[1]); project(g, qdeg.data(), n, plane.data()); meets = ringMeetsDisc(g, plane.data(), n, radiusOf(l)); }
          } else {
            project(frame, deg.data(), m, plane.data());
            meets = circle ? ringMeetsDisc(frame, plane.data(), m, radius) : ringsMeet(qplane.data(), n, plane.data(), m);
          }
          if (meets) { seen[l->slot] = stamp; found++; }
        }
      }
      double t = since(began);
      if (p >= warmup) { us.push_back(t); hits += found; counted++; total += t; }
    }
    std::sort(us.begin(), us.end());
    auto at = [&](double q) { return us[std::min(us.size() - 1, (size_t)(q * us.size()))]; };
    printf("{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"mean\":%.3f,\"hits\":%ld,\"queries\":%ld}\n", at(0.5), at(0.99), at(0.999), total / counted, hits, counted);
    fflush(stdout);
  }
}
