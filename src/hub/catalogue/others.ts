import type { OtherZoo } from "./row.ts";

const tensorflow =
  "https://github.com/onnx/tensorflow-onnx/blob/025c5bf35b30a0ee1ee6bcb19d22c61b932ffa27/README.md";

/** Zoos whose models come in another form: each takes one step in Python, once, and is a file for --base after that. */
export const otherZoos: readonly OtherZoo[] = [
  {
    name: "PyTorch Hub, torchvision",
    form: "PyTorch",
    howTo:
      'With the model in evaluation mode: torch.onnx.export(model, (torch.rand(1, 3, 224, 224),), "model.onnx", input_names=["input"], dynamo=True).',
    source: "https://docs.pytorch.org/docs/2.9/_sources/onnx.md.txt",
  },
  {
    name: "timm",
    form: "PyTorch",
    howTo:
      "Its own script fetches the weights and writes the file: python onnx_export.py model.onnx --model resnet50.",
    source:
      "https://github.com/huggingface/pytorch-image-models/blob/aa4b5850c1543fa488abf260f18390eda46cf85d/onnx_export.py",
  },
  {
    name: "Hugging Face Transformers",
    form: "PyTorch",
    howTo:
      "optimum-cli export onnx --model google/vit-base-patch16-224 folder/. Many are there as ONNX already, in onnx-community/… and Xenova/…: give hf:org/repo.",
    source: "https://huggingface.co/docs/optimum/exporters/onnx/usage_guides/export_a_model",
  },
  {
    name: "TensorFlow Hub, Keras Applications",
    form: "TensorFlow SavedModel",
    howTo:
      "Save it as a SavedModel, then: python -m tf2onnx.convert --saved-model folder --output model.onnx.",
    source: tensorflow,
  },
  {
    name: "MediaPipe",
    form: "TensorFlow Lite",
    howTo:
      "python -m tf2onnx.convert --opset 16 --tflite model.tflite --output model.onnx. A .task file is a zip that holds the .tflite.",
    source: "https://wiki.st.com/stm32mpu/wiki/How_to_convert_a_Tensorflow™_Lite_model_to_ONNX_using_tf2onnx",
  },
  {
    name: "OpenVINO Open Model Zoo",
    form: "OpenVINO IR, or what the model was made with",
    howTo:
      "omz_downloader --name MODEL fetches what is published. Files of PyTorch and TensorFlow go on as said there; an IR (.xml and .bin) is no ONNX file.",
    source:
      "https://github.com/openvinotoolkit/open_model_zoo/blob/039487a0ea9a1a7d17fc6ce2491666c3d344f2cd/tools/model_tools/README.md",
  },
  {
    name: "Ultralytics YOLO",
    form: "PyTorch",
    howTo:
      "yolo mode=export model=yolo11n-cls.pt format=onnx. The models named -cls are classifiers; all are AGPL-3.0.",
    source: "https://docs.ultralytics.com/modes/export/",
  },
  {
    name: "Detectron2",
    form: "PyTorch",
    howTo:
      "tools/deploy/export_model.py writes ONNX by way of Caffe2Tracer, which uses Caffe2's operators; for a base take the backbone alone, by torch.onnx.export.",
    source:
      "https://github.com/facebookresearch/detectron2/blob/05573d7480a43e7edc61ba6061082c81dd3cde76/docs/tutorials/deployment.md",
  },
  {
    name: "GluonCV, MXNet",
    form: "MXNet symbol and parameters",
    howTo:
      'mxnet.contrib.onnx.export_model(sym, params, [(1, 3, 224, 224)], onnx_file_path="model.onnx"). Its VGG and ResNet are in this catalogue.',
    source: "https://mxnet.apache.org/versions/1.8.0/api/python/docs/api/contrib/onnx/index.html",
  },
  {
    name: "PaddlePaddle",
    form: "Paddle inference model",
    howTo:
      "paddle2onnx --model_dir folder --model_filename model.pdmodel --params_filename model.pdiparams --save_file model.onnx --opset_version 16.",
    source:
      "https://github.com/PaddlePaddle/Paddle2ONNX/blob/03c15ad54c7945f2f01059917faa06d9e2df0792/README_en.md",
  },
];
