import json, yaml, numpy as np, shutil, os, pickle
from tests.trust.conftest import *
from tests.trust.test_checkpoints import malicious, torch_malicious

def test_x(server, finished, tmp_path):
    n=0
    def case(name, cmd, change=None, **kw):
        nonlocal n
        n+=1
        folder = tmp_path/f"p{n}"
        shutil.copytree(finished.folder, folder, ignore=shutil.ignore_patterns("src"))
        (folder/"src").symlink_to(finished.folder/"src")
        if change: change(folder)
        before = content(folder)
        e = server.run(folder, *cmd, **kw)
        flag = "" if content(folder)==before else " CHANGED"
        tb = " TRACEBACK" if "Traceback" in e.error else ""
        print(f"[{name}] {e.status}{flag}{tb} {e.error[-700:] if tb else e.error!r}" + (f" OUT {e.out[:100]!r}" if e.out else ""))
        shutil.rmtree(folder)
    def params(old, new):
        def f(folder):
            t=(folder/"params.yaml").read_text(); assert old in t, (old,t); (folder/"params.yaml").write_text(t.replace(old,new,1))
        return f
    def praw(b): return lambda folder: (folder/"params.yaml").write_bytes(b)
    def append(s): return lambda folder: (folder/"params.yaml").write_text((folder/"params.yaml").read_text()+s)
    print((finished.folder/"params.yaml").read_text())
    ing=("ingest","parity")
    for name, ch in {
      "cycle": append("\nreport: &a {x: *a}\n".replace("report","zz")),
      "deep": append("\nzz: "+"["*3000+"]"*3000+"\n"),
      "bomb": append("\nb0: &b0 [x,x,x,x,x,x,x,x,x]\n"+"".join(f"b{i}: &b{i} [*b{i-1},*b{i-1},*b{i-1},*b{i-1},*b{i-1},*b{i-1},*b{i-1},*b{i-1},*b{i-1}]\n" for i in range(1,6))),
      "unhash": append("\n? [1,2]\n: 3\n"),
      "pyobj": append("\nzz: !!python/object/apply:os.mkdir [owned]\n"),
      "binary": append("\nzz: !!binary aGVsbG8=\n"),
      "set": append("\nzz: !!set {a,b}\n"),
      "intkey": append("\n5: 3\n"),
      "nullkey": append("\n~: 3\n"),
      "digits": append("\nzz: "+"1"*5000+"\n"),
      "surrogate": append('\nzz: "\\ud800"\n'),
      "nul": append("\nzz: a\0b\n"),
      "dupanchor": append("\n<<: {x: 1}\n"),
      "bool model": params("  shared:\n","  on:\n"),
      "tag": append("\n--- \nx: 1\n"),
      "isdir": lambda f: ((f/"params.yaml").unlink(), (f/"params.yaml").mkdir()),
      "empty": praw(b""), "latin": praw("é: 1".encode("latin-1")), "list": praw(b"- 1"), "scalar": praw(b"3"), "bom": lambda f:(f/"params.yaml").write_bytes(b"\xef\xbb\xbf"+(f/"params.yaml").read_bytes()),
      "crlf": lambda f:(f/"params.yaml").write_bytes((f/"params.yaml").read_bytes().replace(b"\n",b"\r\n")),
      "tabs": append("\nzz:\n\t- 1\n"),
      "huge batch": params("batch_size: 32","batch_size: 99999999999"),
      "lr text": params("max_epochs: 4","max_epochs: four"),
      "models none": params("run:\n","run:\n  extra: 1\n"),
      "trainer devices": params("  accelerator: cpu","  accelerator: gpu"),
    }.items(): case("params "+name, ing, ch)
    case("train gpu", ("train","parity","shared","0"), params("  accelerator: cpu","  accelerator: gpu"))
    case("train precision", ("train","parity","shared","0"), params("  accelerator: cpu","  accelerator: cpu\n  strategy: fsdp"))
    case("train devices", ("train","parity","shared","0"), params("  accelerator: cpu","  accelerator: mps"))
    case("huge sizes", ("size","parity"), params("hidden_size: 6","hidden_size: 1000000000"))
    case("huge train", ("train","parity","shared","0"), lambda f: [params("hidden_size: 6","hidden_size: 1000000000")(f)])
    case("unknown ds", ("ingest","nope")); case("unknown ds path", ("ingest","../x")); case("unknown model", ("train","parity","nope","0")); case("neg seed", ("train","parity","shared","-1")); case("seed not in run", ("train","parity","shared","7")); case("huge seed", ("train","parity","shared","9"*30))
    case("unknown study", ("study","nope")); case("study path", ("study","../../x"))
    case("usage", ("nope",)); case("usage2", ()); case("usage3", ("train","parity")); case("usage4",("train","parity","shared","x")); case("usage5",("report","x"))
    case("model not in run", ("size","parity"), None)
    # model in the catalogue not in run
    case("train not in run", ("train","parity","shared","1"))
    # prepared
    P="data/prepared/parity"
    def cut(path,n=None): return lambda f: (f/path).write_bytes((f/path).read_bytes()[:(n if n is not None else -1)])
    def rm(path): return lambda f: (shutil.rmtree(f/path) if (f/path).is_dir() else (f/path).unlink())
    def wr(path,b): return lambda f: (f/path).write_bytes(b)
    def js(path,**kv): return lambda f: (f/path).write_text(json.dumps({**json.loads((f/path).read_text()),**kv}))
    def jdel(path,k):
        def g(f):
            d=json.loads((f/path).read_text()); del d[k]; (f/path).write_text(json.dumps(d))
        return g
    tr=("train","parity","shared","0"); ev=("evaluate","parity","shared","0"); evm=("evaluate","mine","shared","0")
    case("prepared gone", tr, rm(P)); case("meta gone", tr, rm(P+"/meta.json")); case("sizes gone", tr, rm("data/sizes/parity/shared.json"))
    case("size meta gone", ("size","parity"), rm(P+"/meta.json")); case("size meta garbage", ("size","parity"), wr(P+"/meta.json", b"[]")); case("size meta lacks", ("size","parity"), jdel(P+"/meta.json","longest_train")); case("size meta wrong type", ("size","parity"), js(P+"/meta.json",longest_train="x")); case("size meta version", ("size","parity"), js(P+"/meta.json",version=2))
    case("size meta vocab huge", ("size","parity"), js(P+"/meta.json",vocabulary_size=-3))
    case("tokens cut", tr, cut(P+"/train-000.tokens.npy")); case("tokens pickle", tr, wr(P+"/train-000.tokens.npy", malicious()))
    case("tokens objarr", tr, lambda f: np.save(f/P/"train-000.tokens.npy", np.array([{}],dtype=object)))
    def bigids(f):
        a=np.load(f/P/"train-003.tokens.npy"); a[:]=200; np.save(f/P/"train-003.tokens.npy",a)
    case("token ids beyond vocab", tr, bigids)
    def zeroids(f):
        a=np.load(f/P/"train-003.tokens.npy"); a[:]=0; np.save(f/P/"train-003.tokens.npy",a)
    case("token ids pad", tr, zeroids)
    def duprows(f):
        a=np.load(f/P/"train-003.rows.npy"); a[:]=0; np.save(f/P/"train-003.rows.npy",a)
    case("rows doubled", tr, duprows); case("rows doubled ev", ev, duprows)
    case("vocab short", tr, wr(P+"/vocab.json", b'["<pad>","<unk>"]')); case("vocab dup", tr, wr(P+"/vocab.json", b'["<pad>","<unk>","a","a"]')); case("vocab other of same size", ev, wr(P+"/vocab.json", b'["<pad>","<unk>","x","y"]'))
    case("vocab ints", tr, wr(P+"/vocab.json", b'[1,2]'))
    case("meta tokeniser", ev, js(P+"/meta.json",tokeniser="nope")); case("meta side", ev, js(P+"/meta.json",side="nope")); case("meta classes1", ev, js(P+"/meta.json",classes=["a"])); case("meta classes3", ev, js(P+"/meta.json",classes=["a","b","c"])); case("meta classes swapped", ev, lambda f: js(P+"/meta.json",classes=json.loads((f/P/"meta.json").read_text())["classes"][::-1])(f))
    case("meta longest", ev, js(P+"/meta.json",longest_train=10**9)); case("meta longest neg", ev, js(P+"/meta.json",longest_train=-1))
    case("rows parquet gone", ev, rm(P+"/rows-probes.parquet")); case("rows parquet garbage", ev, wr(P+"/rows-probes.parquet", b"x"*100)); case("rows cut", ev, cut(P+"/rows-test.parquet", 400))
    case("rows other", ev, lambda f: shutil.copy(f/"data/prepared/mine/rows-test.parquet", f/P/"rows-test.parquet"))
    M="models/parity/shared/0"
    case("model gone", ev, rm(M)); case("weights gone", ev, rm(M+"/model.safetensors")); case("weights cut", ev, cut(M+"/model.safetensors")); case("weights pickle", ev, wr(M+"/model.safetensors", malicious())); case("weights torch", ev, wr(M+"/model.safetensors", torch_malicious()))
    case("model version", ev, js(M+"/model.json",version=9)); case("model list", ev, wr(M+"/model.json", b"[]")); case("model str", ev, wr(M+"/model.json", b'"x"'));case("model null", ev, wr(M+"/model.json", b'null')); case("model classes", ev, js(M+"/model.json",classes=["a","b","c"])); case("model vocab", ev, js(M+"/model.json",vocabulary_size=999)); case("model vocab neg", ev, js(M+"/model.json",vocabulary_size=-9)); case("model extent huge", ev, js(M+"/model.json",extent=10**12)); case("model extent0", ev, js(M+"/model.json",extent=0)); case("model padding", ev, js(M+"/model.json",padding="up"))
    case("model settings", ev, lambda f: js(M+"/model.json",settings={**json.loads((f/M/"model.json").read_text())["settings"],"hidden_size":10**9})(f))
    case("model settings bad", ev, lambda f: js(M+"/model.json",settings={**json.loads((f/M/"model.json").read_text())["settings"],"hidden":10})(f))
    case("model of another dataset", ev, lambda f: (shutil.rmtree(f/M), shutil.copytree(f/"models/mine/shared/0", f/M)))
    case("model of another model", ev, lambda f: (shutil.rmtree(f/M), shutil.copytree(f/"models/parity/matched/0", f/M)))
    def nanw(f):
        from safetensors.numpy import load_file, save_file
        w=load_file(f/M/"model.safetensors"); k=sorted(w)[0]; w[k][:]=np.nan; save_file(w, f/M/"model.safetensors")
    case("weights nan", ev, nanw)
    # sizes json damage
    S="data/sizes/parity/shared.json"
    case("sizes garbage", tr, wr(S,b"{")); case("sizes version", tr, js(S,version=3)); case("sizes params", tr, js(S, vocabulary_size=3)); case("sizes classes", tr, js(S, classes=["0"]))
    # raw
    R="data/raw/mine"; pr=("prepare","mine")
    case("raw gone", pr, rm(R)); case("raw schema gone", pr, rm(R+"/schema.json")); case("schema garbage", pr, wr(R+"/schema.json",b"[]")); case("schema lacks", pr, jdel(R+"/schema.json","classes")); case("schema source", pr, js(R+"/schema.json",source="x")); case("schema classes", pr, js(R+"/schema.json",classes=["good"])); case("schema rows", pr, js(R+"/schema.json",rows=3)); case("raw cut", pr, cut(R+"/train.parquet",300)); case("raw empty", pr, wr(R+"/test.parquet",b"")); case("raw other cols", pr, lambda f: shutil.copy(f/"data/prepared/mine/rows-test.parquet", f/R/"valid.parquet")); case("raw isdir", pr, lambda f: ((f/R/"valid.parquet").unlink(), (f/R/"valid.parquet").mkdir()))
    case("prep bounds", pr, params("buckets: 3","buckets: 3\n  bounds: [0]")); case("prep bounds2", pr, params("buckets: 3","buckets: 3\n  bounds: []")); case("prep workers", pr, params("buckets: 3","buckets: 3\n  workers: 0")); case("vocabsize1", pr, params("buckets: 3","buckets: 3\n  min_frequency: 1000000"))
    # report
    rp=("report",)
    Q="results/parity/shared/0"
    for name,ch in {"results gone": rm(Q), "metrics nan": wr(Q+"/metrics.json",b'{"accuracy": NaN}'), "metrics list": wr(Q+"/metrics.json",b'[]'), "metrics text": wr(Q+"/metrics.json",b'{"accuracy":"x"}'), "lengths garbage": wr(Q+"/lengths.csv",b"\xff\xfe"), "lengths gone": rm(Q+"/lengths.csv"), "lengths text": wr(Q+"/lengths.csv",b"rule,length,rows,correct\n,a,b,c\n"), "lengths zero": wr(Q+"/lengths.csv",b"rule,length,rows,correct\n,3,0,0\n"), "curves": wr(M+"/curves.csv",b"epoch\n1\n"), "curves empty": wr(M+"/curves.csv",b""), "model.json": wr(M+"/model.json",b"{}"), "modelmetrics": wr(M+"/metrics.json",b"{}"), "meta": wr(P+"/meta.json",b"{}"), "schema": wr("data/raw/parity/schema.json",b"{}"), "metrics bool": wr(Q+"/metrics.json",b'{"accuracy": true}'), "metrics 7": wr(Q+"/metrics.json",b'{"accuracy": 7}'), "nul csv": wr(Q+"/lengths.csv",b"rule,length,rows,correct\n\0,1,1,1\n"), "long csv": wr(Q+"/lengths.csv",b"rule,length,rows,correct\n"+b"x"*200000+b",1,1,1\n")}.items():
        case("report "+name, rp, ch)
