//! Other programs' files: Kubernetes manifests in and out.

pub mod kubernetes;
