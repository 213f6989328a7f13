"""The ONNX Runtime peer, on the CPU, with a model from an .onnx file.

    python bench/peers/onnxruntime_peer.py predict_model --file MODEL.onnx [--batch N] [--repeats N] [--threads N]
"""

import peer

args = peer.options("ONNX Runtime, on the CPU")
try:
    import onnxruntime
except ImportError as error:
    peer.missing(error)


def predict_model():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(args.file, options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    x = peer.images(args.batch, given.shape[1:])

    def predict():
        return session.run(None, {given.name: x})[0]

    predict()
    answer = peer.answer(predict())
    seconds = [peer.median_call(predict, 1)[0] for _ in range(args.repeats)]
    return seconds, {"batch": args.batch, "answer": answer, "how": "InferenceSession.run"}


seconds, detail = globals()[args.work]()
peer.result("onnxruntime", onnxruntime.__version__, args, seconds, detail)
