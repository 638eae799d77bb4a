package main

import (
	"sigs.k8s.io/yaml"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

func newConfiguration() *action.Configuration {
	return &action.Configuration{Log: func(string, ...interface{}) {}}
}

func renderFile(asked question) (string, error) {
	chart, err := loader.Load(asked.Chart)
	if err != nil {
		return "", err
	}
	values := chartutil.Values{}
	if err := yaml.Unmarshal([]byte(asked.Values), &values); err != nil {
		return "", err
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	if text := asked.Options.KubeVersion; text != "" {
		version, err := chartutil.ParseKubeVersion(text)
		if err != nil {
			return "", err
		}
		capabilities.KubeVersion = *version
	}
	capabilities.APIVersions = append(capabilities.APIVersions, asked.Options.APIVersions...)
	release := chartutil.ReleaseOptions{
		Name: asked.Options.Name, Namespace: asked.Options.Namespace, Revision: 1, IsInstall: true,
	}
	told, err := chartutil.ToRenderValues(chart, values, release, capabilities)
	if err != nil {
		return "", err
	}
	files, err := engine.Render(chart, told)
	return files[asked.File], err
}
